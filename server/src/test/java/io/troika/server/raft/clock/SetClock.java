package io.troika.server.raft.clock;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Supplier;

/** A clock that a test sets. Safe for any thread. */
public final class SetClock implements InstantSource {
  private final Supplier<Instant> right;
  private volatile Duration off = Duration.ZERO;

  /**
   * Right at first.
   *
   * @param right what a clock shows that is
   */
  public SetClock(Supplier<Instant> right) {
    this.right = right;
  }

  /** From now on it is wrong by so much; negative: behind. */
  public void set(Duration ahead) {
    off = ahead;
  }

  @Override
  public Instant instant() {
    return right.get().plus(off);
  }
}
