package io.troika.server.metrics;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The dashboard in {@code docker/observability}. */
final class Dashboard {
  static final Path FILE = Path.of("../docker/observability/grafana/dashboards/troika.json");

  private Dashboard() {}

  static List<JsonObject> panels() throws IOException {
    return JsonParser.parseString(Files.readString(FILE))
        .getAsJsonObject()
        .getAsJsonArray("panels")
        .asList()
        .stream()
        .map(JsonElement::getAsJsonObject)
        .toList();
  }

  static Stream<JsonObject> targets(JsonObject panel) {
    return panel.getAsJsonArray("targets").asList().stream().map(JsonElement::getAsJsonObject);
  }

  /** What all panels ask Prometheus. */
  static List<String> expressions() throws IOException {
    return panels().stream()
        .flatMap(Dashboard::targets)
        .map(target -> target.get("expr").getAsString())
        .toList();
  }
}
