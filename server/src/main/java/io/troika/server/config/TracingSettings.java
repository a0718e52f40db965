package io.troika.server.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The section {@code tracing}. */
final class TracingSettings {
  private static final int PERCENT_MAX = 100;

  static final Setting SAMPLED_PERCENT =
      new Setting(
          "tracing.sampled-percent",
          Setting.Unit.COUNT,
          0,
          PERCENT_MAX,
          c -> c.tracing().sampledPercent(),
          "How many of a hundred calls are traced, of those whose caller has not decided that.");

  static final List<Setting> ALL = List.of(SAMPLED_PERCENT);

  private TracingSettings() {}

  static TracingConfig read(Config config, NodeConfig defaults) {
    return new TracingConfig(
        endpoint(config), Math.toIntExact(SAMPLED_PERCENT.read(config, defaults)));
  }

  private static @Nullable URI endpoint(Config config) {
    ConfigValue value =
        config.root().get("tracing") instanceof ConfigObject keys
            ? keys.get("otlp-endpoint")
            : null;
    if (value == null) {
      return null;
    }
    String text = String.valueOf(value.unwrapped());
    if (!text.matches("https?://([^/?#\\s:\\[\\]]+|\\[[0-9A-Fa-f:.]+])(:[0-9]{1,5})?/?")) {
      throw new NodeConfigException(
          ConfigText.wrongValue(
              Settings.OTLP_ENDPOINT, "an address such as http://collector.example:4318", value));
    }
    return URI.create(text);
  }

  /** As it stands in the reference. */
  static void describe(StringBuilder out, @Nullable URI endpoint) {
    ConfigText.comment(
        out,
        "  ",
        "Where OpenTelemetry traces are sent: a collector that takes OTLP over HTTP. Without it"
            + " nothing is traced.");
    ConfigText.comment(
        out,
        "  ",
        "Expects http://host:port; environment: " + Setting.variableOf(Settings.OTLP_ENDPOINT));
    ConfigText.line(
        out,
        "  ",
        endpoint == null
            ? "# otlp-endpoint = \"http://collector.example:4318\""
            : "otlp-endpoint = " + ConfigText.quoted(endpoint.toString()));
  }
}
