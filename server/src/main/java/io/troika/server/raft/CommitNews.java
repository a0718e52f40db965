package io.troika.server.raft;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Who tells which follower, while this node leads, up to where the log is committed. Safe for any
 * thread.
 */
final class CommitNews {
  /** Tells one follower. */
  interface Teller {
    String follower();

    /** Tells at once what is committed, if that is not told. Called on any thread; be short. */
    void tellSoon();
  }

  private final Set<Teller> tellers = ConcurrentHashMap.newKeySet();

  void add(Teller teller) {
    tellers.add(teller);
  }

  void remove(Teller teller) {
    tellers.remove(teller);
  }

  /** Somebody waits for that follower. */
  void tell(String follower) {
    for (Teller teller : tellers) {
      if (teller.follower().equals(follower)) {
        teller.tellSoon();
      }
    }
  }
}
