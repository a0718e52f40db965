package io.troika.server.service.commit;

/**
 * Somebody who votes for transactions and may vanish before they are finished: a connection. What a
 * node that dies has voted for its clients would else lock its objects until the lease ends. Safe
 * for any thread.
 */
public final class SessionHolder {
  /** Somebody who does not vanish without aborting. */
  public static final SessionHolder PRESENT = new SessionHolder();

  private volatile boolean gone;

  boolean isGone() {
    return gone;
  }

  void leave() {
    gone = true;
  }
}
