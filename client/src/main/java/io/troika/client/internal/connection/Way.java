package io.troika.client.internal.connection;

import io.troika.client.LeaderInfo;

/**
 * How a leader is reached.
 *
 * @param leader not known: no way is known either
 * @param through host:port of the node that passes calls on to it; empty: it is called itself
 */
record Way(LeaderInfo leader, String through) {
  /** None is known. */
  static final Way NONE = to(LeaderInfo.NONE);

  /** To the leader itself. */
  static Way to(LeaderInfo leader) {
    return new Way(leader, "");
  }

  boolean isKnown() {
    return leader.isKnown();
  }

  boolean isDirect() {
    return through.isEmpty();
  }

  /** What to say of it where another way was taken before. */
  String describe() {
    return isDirect()
        ? leader.address() + " leads now"
        : "%s passes calls on to %s".formatted(through, leader.address());
  }

  /** Where calls are sent; empty if no leader is known. */
  String address() {
    return isDirect() ? leader.address() : through;
  }
}
