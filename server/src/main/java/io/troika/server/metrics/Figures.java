package io.troika.server.metrics;

import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Map;
import java.util.function.DoubleSupplier;

/** Numbers of one kind that are looked at when somebody asks, by whoever knows them. */
public final class Figures {
  private final PrometheusRegistry registry;

  Figures(PrometheusRegistry registry) {
    this.registry = registry;
  }

  /** A number that goes up and down. */
  public Figures gauge(String name, String help, DoubleSupplier value) {
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .callback(callback -> callback.call(value.getAsDouble()))
        .register(registry);
    return this;
  }

  /** Several, told apart by a label. */
  public Figures gauges(
      String name, String help, String label, Map<String, DoubleSupplier> values) {
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .labelNames(label)
        .callback(
            callback -> values.forEach((which, value) -> callback.call(value.getAsDouble(), which)))
        .register(registry);
    return this;
  }

  /** A number that goes up only; the name ends with {@code _total}. */
  public Figures counter(String name, String help, DoubleSupplier value) {
    CounterWithCallback.builder()
        .name(name)
        .help(help)
        .callback(callback -> callback.call(value.getAsDouble()))
        .register(registry);
    return this;
  }
}
