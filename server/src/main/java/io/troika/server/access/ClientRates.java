package io.troika.server.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.troika.server.config.NodeConfig.RateLimits;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How much each client may ask of this node a second: requests, and bytes in both directions. A
 * client is a certificate or a token by name, wherever it comes from; else an address without its
 * port. Nodes are not limited: what they forward was let in where it came from. Safe for any
 * thread.
 */
public final class ClientRates {
  /** Who has asked for nothing for so long has nothing to pay. */
  private static final Duration FORGOTTEN_AFTER = Duration.ofMinutes(1);

  private static final int CLIENTS_MAX = 100_000;

  /** Nobody is limited. */
  public static final ClientRates UNLIMITED = new ClientRates(RateLimits.NONE, () -> 0);

  private final RateLimits limits;
  private final LongSupplier nanos;
  private final Cache<String, Client> clients;
  private final LongAdder refused = new LongAdder();
  private final LongAdder paced = new LongAdder();

  /**
   * @param nanos as {@link System#nanoTime}
   */
  public ClientRates(RateLimits limits, LongSupplier nanos) {
    this.limits = limits;
    this.nanos = nanos;
    this.clients =
        Caffeine.newBuilder()
            .maximumSize(CLIENTS_MAX)
            .expireAfterAccess(FORGOTTEN_AFTER)
            .ticker(nanos::getAsLong)
            .build();
  }

  /**
   * What the caller has, for the moment: not to be kept, as it is forgotten when nobody asks for a
   * while. Null if it is not limited.
   */
  public @Nullable Client of(Caller caller, @Nullable SocketAddress address) {
    if (!limits.any() || caller.kind() == Caller.Kind.NODE) {
      return null;
    }
    return clients.get(name(caller, address), Client::new);
  }

  private static String name(Caller caller, @Nullable SocketAddress address) {
    if (!caller.name().isEmpty()) {
      return caller.toString();
    }
    return address instanceof InetSocketAddress internet && internet.getAddress() != null
        ? "address " + internet.getAddress().getHostAddress()
        : "address " + address;
  }

  /** Requests that were refused. */
  public long refusedCount() {
    return refused.sum();
  }

  /** Times that reading from a client, or answering it further, was put off. */
  public long pacedCount() {
    return paced.sum();
  }

  /** One client's two paces. */
  public final class Client {
    private final String name;
    private final @Nullable ClientRate requests;
    private final @Nullable ClientRate bytes;

    private Client(String name) {
      this.name = name;
      this.requests = rate(limits.requestsPerSecond());
      this.bytes = rate(limits.bytesPerSecond());
    }

    private @Nullable ClientRate rate(long perSecond) {
      return perSecond == 0 ? null : new ClientRate(perSecond, nanos.getAsLong());
    }

    /**
     * Lets a request begin, or not.
     *
     * @throws RateExceededException if it may not: then it took nothing
     */
    public void begin() {
      long wait = waitNanos();
      if (wait > 0) {
        refused.increment();
        throw new RateExceededException(
            "%s asks for more than %s; again in %s ms"
                .formatted(name, limits, Math.max(1, wait / 1_000_000)),
            Duration.ofNanos(wait));
      }
      take(1, 0);
    }

    /** Counts what was sent or answered. */
    public void transferred(long size) {
      take(0, size);
    }

    /**
     * Counts a request that is served in any case.
     *
     * @return how long to read nothing more from the client
     */
    public Duration served(long size) {
      take(1, size);
      return debt();
    }

    /** How long it has to wait before more is read of what it sends, or more is answered. */
    public Duration debt() {
      long wait = waitNanos();
      if (wait > 0) {
        paced.increment();
      }
      return Duration.ofNanos(wait);
    }

    private void take(long requestCount, long byteCount) {
      if (requests != null && requestCount > 0) {
        requests.take(requestCount, nanos.getAsLong());
      }
      if (bytes != null && byteCount > 0) {
        bytes.take(byteCount, nanos.getAsLong());
      }
    }

    private long waitNanos() {
      long now = nanos.getAsLong();
      return Math.max(
          requests == null ? 0 : requests.waitNanos(now), bytes == null ? 0 : bytes.waitNanos(now));
    }
  }
}
