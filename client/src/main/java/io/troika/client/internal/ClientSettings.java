package io.troika.client.internal;

import io.opentelemetry.api.OpenTelemetry;
import io.troika.client.CachePolicy;
import io.troika.client.ClientListener;
import io.troika.client.ConflictResolver;
import io.troika.client.Freshness;
import io.troika.client.ReadPreference;
import io.troika.client.RetryBudget;
import io.troika.client.internal.connection.BearerToken;
import io.troika.client.internal.connection.ClientTls;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * All that {@code TroikaClient.Builder} was told; checked there.
 *
 * @param endpoints host:port, each once, at least one
 * @param tls how connections are secured
 * @param token shown with each call
 * @param telemetry where calls are traced
 */
public record ClientSettings(
    List<String> endpoints,
    ClientTls tls,
    Optional<BearerToken> token,
    Timing timing,
    RetryBudget retryBudget,
    Freshness freshness,
    ReadPreference readPreference,
    CachePolicy cachePolicy,
    long cacheBytesMax,
    int oidBlock,
    List<ConflictResolver> resolvers,
    List<ClientListener> listeners,
    Optional<Executor> executor,
    Optional<OpenTelemetry> telemetry) {

  /**
   * How long things may take.
   *
   * @param call one call with all its tries
   * @param attempt one try
   * @param hedge after which a silent node is suspected
   * @param run one {@code ObjectStore.run} with all its runs
   */
  public record Timing(Duration call, Duration attempt, Duration hedge, Duration run) {}
}
