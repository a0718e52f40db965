package io.troika.server.cli.drill;

import java.util.Arrays;

/**
 * When calls were answered. Bounded: beyond the limit nothing is noted any more. Not thread-safe.
 */
final class Gaps {
  private static final int ANSWERS_MAX = 1_000_000;
  private static final int ANSWERS_FIRST = 1_024;

  private long[] answers = new long[ANSWERS_FIRST];
  private int count;

  /** Times must not go back. */
  void answered(long nanos) {
    if (count == ANSWERS_MAX) {
      return;
    }
    if (count == answers.length) {
      answers = Arrays.copyOf(answers, Math.min(ANSWERS_MAX, 2 * count));
    }
    answers[count++] = nanos;
  }

  int count() {
    return count;
  }

  /** How many were answered after {@code nanos}. */
  int countAfter(long nanos) {
    int after = 0;
    for (int i = count - 1; i >= 0 && answers[i] - nanos > 0; i--) {
      after++;
    }
    return after;
  }

  /**
   * The longest time between two answers, of which the second came after {@code fromNanos}; until
   * {@code toNanos}, at which there need not be an answer. All of it if there was none.
   */
  long longest(long fromNanos, long toNanos) {
    long longest = 0;
    long last = fromNanos;
    for (int i = 0; i < count; i++) {
      if (answers[i] - fromNanos <= 0) {
        last = answers[i];
      } else if (answers[i] - toNanos <= 0) {
        longest = Math.max(longest, answers[i] - last);
        last = answers[i];
      }
    }
    return Math.max(longest, toNanos - last);
  }

  /** Those of all of them together. */
  static Gaps merged(Iterable<Gaps> all) {
    long[] times = new long[0];
    for (Gaps each : all) {
      int had = times.length;
      times = Arrays.copyOf(times, had + each.count);
      System.arraycopy(each.answers, 0, times, had, each.count);
    }
    Arrays.sort(times);
    Gaps merged = new Gaps();
    merged.answers = times.length == 0 ? new long[1] : times;
    merged.count = times.length;
    return merged;
  }
}
