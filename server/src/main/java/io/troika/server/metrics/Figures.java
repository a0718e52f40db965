package io.troika.server.metrics;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * Numbers of each Raft group, by the label {@code group}, told by whoever knows them: they are
 * asked once for a page, however many numbers they tell. A group that is gone is not told of.
 */
public final class Figures<T> {
  private static final String GROUP = "group";

  private final List<Function<Map<String, T>, MetricSnapshot>> metrics =
      new CopyOnWriteArrayList<>();

  /**
   * @param ofGroups what is known now, by the group's name
   */
  Figures(PrometheusRegistry registry, Supplier<Map<String, T>> ofGroups) {
    MultiCollector collector =
        () -> {
          Map<String, T> now = ofGroups.get();
          return new MetricSnapshots(metrics.stream().map(metric -> metric.apply(now)).toList());
        };
    registry.register(collector);
  }

  /** A number that goes up and down. */
  public Figures<T> gauge(String name, String help, ToDoubleFunction<T> value) {
    metrics.add(
        groups -> {
          GaugeSnapshot.Builder gauge = GaugeSnapshot.builder().name(name).help(help);
          groups.forEach(
              (group, now) -> gauge.dataPoint(point(value.applyAsDouble(now), GROUP, group)));
          return gauge.build();
        });
    return this;
  }

  /** Several, told apart by another label. */
  public Figures<T> gauges(
      String name, String help, String label, Map<String, ToDoubleFunction<T>> values) {
    metrics.add(
        groups -> {
          GaugeSnapshot.Builder gauge = GaugeSnapshot.builder().name(name).help(help);
          groups.forEach(
              (group, now) ->
                  values.forEach(
                      (which, value) ->
                          gauge.dataPoint(
                              point(value.applyAsDouble(now), GROUP, group, label, which))));
          return gauge.build();
        });
    return this;
  }

  /** A number that goes up only; {@code _total} is added to its name. */
  public Figures<T> counter(String name, String help, ToDoubleFunction<T> value) {
    metrics.add(
        groups -> {
          CounterSnapshot.Builder counter = CounterSnapshot.builder().name(name).help(help);
          groups.forEach(
              (group, now) ->
                  counter.dataPoint(
                      CounterDataPointSnapshot.builder()
                          .value(value.applyAsDouble(now))
                          .labels(Labels.of(GROUP, group))
                          .build()));
          return counter.build();
        });
    return this;
  }

  private static GaugeDataPointSnapshot point(double value, String... labels) {
    return GaugeDataPointSnapshot.builder().value(value).labels(Labels.of(labels)).build();
  }
}
