package io.troika.client.internal.connection;

import io.troika.client.RetryBudget;

/**
 * The token bucket behind {@link RetryBudget}. Tokens may be owed: then the taker has to wait until
 * its token has come in. Safe for any thread.
 */
final class RetryTokens {
  private static final double NANOS_PER_SECOND = 1e9;

  private final RetryBudget budget;
  private double tokens;
  private long refilledNanos;

  RetryTokens(RetryBudget budget, long nowNanos) {
    this.budget = budget;
    this.tokens = budget.burst();
    this.refilledNanos = nowNanos;
  }

  /** A new call is made. */
  synchronized void earn() {
    tokens = Math.min(budget.burst(), tokens + budget.perCall());
  }

  /** Takes a token; answers in how many nanoseconds it may be used. */
  synchronized long take(long nowNanos) {
    double earned = (nowNanos - refilledNanos) / NANOS_PER_SECOND * budget.perSecond();
    tokens = Math.min(budget.burst(), tokens + earned) - 1;
    refilledNanos = nowNanos;
    return tokens >= 0 ? 0 : (long) (-tokens / budget.perSecond() * NANOS_PER_SECOND);
  }
}
