package io.troika.server.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A real Prometheus, on loopback, with its data in a directory of the test's. */
final class Prometheus implements AutoCloseable {
  private final HttpClient http = HttpClient.newHttpClient();
  private final Process process;
  private final Path log;
  private final String address;

  private Prometheus(Process process, Path log, String address) {
    this.process = process;
    this.log = log;
    this.address = address;
  }

  /** Whether a program of it, as {@code prometheus} or {@code promtool}, is on the path. */
  static boolean has(String program) {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1))
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
  }

  /** Starts one with this configuration file, beside which the rules are. */
  static Prometheus start(Path configuration, Path directory) throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    String address = "127.0.0.1:" + port;
    Path log = directory.resolve("prometheus.log");
    Process process =
        new ProcessBuilder(
                "prometheus",
                "--config.file=" + configuration,
                "--storage.tsdb.path=" + directory.resolve("prometheus"),
                "--web.listen-address=" + address)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    return new Prometheus(process, log, address);
  }

  /** What a query finds at this moment, each as its labels with its value; empty: nothing. */
  List<String> query(String expression) {
    return find(expression).asList().stream().map(JsonElement::toString).toList();
  }

  private JsonArray find(String expression) {
    return ask("/api/v1/query?query=" + URLEncoder.encode(expression, UTF_8))
        .getAsJsonArray("result");
  }

  /** The expression of each alarm in the rules that are loaded. */
  Map<String, String> alarms() {
    Map<String, String> alarms = new LinkedHashMap<>();
    for (JsonElement group : ask("/api/v1/rules").getAsJsonArray("groups")) {
      for (JsonElement rule : group.getAsJsonObject().getAsJsonArray("rules")) {
        JsonObject alarm = rule.getAsJsonObject();
        alarms.put(alarm.get("name").getAsString(), alarm.get("query").getAsString());
      }
    }
    return alarms;
  }

  private JsonObject ask(String path) {
    HttpResponse<String> answer =
        http.sendAsync(
                HttpRequest.newBuilder(URI.create("http://" + address + path)).build(),
                BodyHandlers.ofString())
            .join();
    JsonObject json = JsonParser.parseString(answer.body()).getAsJsonObject();
    if (!json.get("status").getAsString().equals("success")) {
      throw new IllegalStateException(path + ": " + json);
    }
    return json.getAsJsonObject("data");
  }

  /** What it has logged. */
  String log() throws IOException {
    return Files.readString(log);
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
