package io.troika.server.metrics;

import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.troika.server.service.feed.FeedClient;
import io.troika.server.service.feed.InvalidationFeed;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/** Who hears what is committed, and what they have not taken yet; looked at when somebody asks. */
final class FeedMetrics {
  private static final List<String> PROTOCOLS = List.of("grpc", "zeo");

  private FeedMetrics() {}

  static void register(PrometheusRegistry registry, Supplier<List<InvalidationFeed>> feeds) {
    gauge(
        registry,
        feeds,
        "troika_feed_clients",
        "Clients that hear what is committed: watches and ZEO sessions.",
        client -> 1);
    gauge(
        registry,
        feeds,
        "troika_feed_backlog_events",
        "Events that connected clients have not taken yet, all together.",
        FeedClient.Position::backlogEvents);
  }

  private static void gauge(
      PrometheusRegistry registry,
      Supplier<List<InvalidationFeed>> feeds,
      String name,
      String help,
      ToLongFunction<FeedClient.Position> value) {
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .labelNames("protocol")
        .callback(
            callback -> {
              List<FeedClient.Position> clients =
                  feeds.get().stream()
                      .flatMap(feed -> feed.clients(Integer.MAX_VALUE).stream())
                      .toList();
              for (String protocol : PROTOCOLS) {
                long sum =
                    clients.stream()
                        .filter(client -> client.client().protocol().equals(protocol))
                        .mapToLong(value)
                        .sum();
                callback.call((double) sum, protocol);
              }
            })
        .register(registry);
  }
}
