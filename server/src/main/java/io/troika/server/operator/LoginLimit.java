package io.troika.server.operator;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * How often an address may try to log in: a few wrong tokens, then no more for a while, not with
 * the right one either. Bounded: of many addresses the oldest are forgotten. Safe for any thread.
 */
final class LoginLimit {
  static final int TRIES_MAX = 5;
  static final Duration PERIOD = Duration.ofMinutes(1);
  static final int ADDRESSES_MAX = 1_000;

  private final LongSupplier nanoTime;
  private final Map<String, Tries> byAddress = new LinkedHashMap<>(); // guarded by this

  private static final class Tries {
    private final long beganNanos;
    private int count;

    private Tries(long beganNanos) {
      this.beganNanos = beganNanos;
    }
  }

  LoginLimit(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** Counts a try; false: it is one too many. */
  synchronized boolean admit(String address) {
    long now = nanoTime.getAsLong();
    byAddress.values().removeIf(tries -> now - tries.beganNanos >= PERIOD.toNanos());
    if (!byAddress.containsKey(address) && byAddress.size() >= ADDRESSES_MAX) {
      byAddress.remove(byAddress.keySet().iterator().next());
    }
    Tries tries = byAddress.computeIfAbsent(address, none -> new Tries(now));
    if (tries.count >= TRIES_MAX) {
      return false;
    }
    tries.count++;
    return true;
  }

  /** The try was a right one. */
  synchronized void forgive(String address) {
    byAddress.remove(address);
  }
}
