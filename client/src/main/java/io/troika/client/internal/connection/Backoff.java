package io.troika.client.internal.connection;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Pauses that grow: {@code first * growth^n}, at most {@code max}, and of that a random part
 * between a half and the whole, so that many who failed together don't come back together.
 */
public record Backoff(Duration first, double growth, Duration max) {

  /** The n-th pause, n from 0. */
  public long nanos(int n) {
    double grown = (double) first.toNanos() * Math.pow(growth, Math.min(n, 64));
    double bounded = Math.min(grown, (double) max.toNanos());
    return (long) (bounded * (0.5 + ThreadLocalRandom.current().nextDouble() / 2));
  }
}
