package io.troika.server.config;

import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * OpenTelemetry traces.
 *
 * @param otlpEndpoint of a collector that takes OTLP over HTTP; null: nothing is traced
 * @param sampledPercent of the calls whose caller has not decided that, 0 to 100
 */
public record TracingConfig(@Nullable URI otlpEndpoint, int sampledPercent) {
  public static final TracingConfig OFF = new TracingConfig(null, 100);
}
