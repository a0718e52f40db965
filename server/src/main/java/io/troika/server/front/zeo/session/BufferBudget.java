package io.troika.server.front.zeo.session;

import java.util.concurrent.atomic.AtomicLong;

/** What the open transactions of all ZEO clients of a node may hold together. Thread-safe. */
public final class BufferBudget {
  /** Some thirty transactions of the largest size, at the default of 8 MiB. */
  public static final long BYTES_MAX = 256L << 20;

  private final AtomicLong taken = new AtomicLong();

  /** Takes more, or gives back if negative; false, and nothing is taken, if there is not enough. */
  public boolean take(long bytes) {
    if (taken.addAndGet(bytes) > BYTES_MAX && bytes > 0) {
      taken.addAndGet(-bytes);
      return false;
    }
    return true;
  }

  /** What is taken now. */
  public long taken() {
    return taken.get();
  }
}
