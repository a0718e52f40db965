package io.troika.server.node;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.troika.server.front.http.Page;
import io.troika.server.metrics.NodeMetrics;
import io.troika.server.status.StatusFeed;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Map;

/** What a node answers over HTTP beside its health. The files of the status page are resources. */
final class HttpPages {
  private static final String SINCE = "storages-since=";
  private static final String PAGE = "/io/troika/server/status/";

  private HttpPages() {}

  static Map<String, Page.Source> of(NodeMetrics metrics, StatusFeed status) {
    return Map.of(
        "/metrics",
        request -> new Page(200, NodeMetrics.CONTENT_TYPE, metrics.page()),
        "/status.json",
        request -> new Page(200, "application/json", status.document(since(request.query()))),
        "/",
        resource("index.html", "text/html; charset=utf-8"),
        "/status.css",
        resource("status.css", "text/css; charset=utf-8"),
        "/status.js",
        resource("status.js", "text/javascript; charset=utf-8"),
        "/operator.js",
        resource("operator.js", "text/javascript; charset=utf-8"),
        "/icon.svg",
        resource("icon.svg", "image/svg+xml"));
  }

  /** The version of storages that the asker has, if it says so. */
  private static String since(String query) {
    return Arrays.stream(query.split("&"))
        .filter(part -> part.startsWith(SINCE))
        .map(part -> part.substring(SINCE.length()))
        .findFirst()
        .orElse("");
  }

  private static Page.Source resource(String name, String contentType) {
    try (InputStream in = HttpPages.class.getResourceAsStream(PAGE + name)) {
      if (in == null) {
        throw new IllegalStateException(PAGE + name + " is missing from the class path");
      }
      Page page = new Page(200, contentType, new String(in.readAllBytes(), UTF_8));
      return request -> page;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
