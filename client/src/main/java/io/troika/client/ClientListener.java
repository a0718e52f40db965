package io.troika.client;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Told what the client does, for metrics and logs; the client itself imports no metrics library.
 * Every {@code …Started} is followed by exactly one {@code …Finished} with the same number. Called
 * on the client's own threads, several at once: return quickly, never call the client from here.
 * What a listener throws goes to the thread's uncaught exception handler and changes nothing.
 */
public interface ClientListener {

  /**
   * A call is about to be sent for the first time.
   *
   * @param call counts up from 1 for each client
   * @param operation the name of the RPC, such as "Commit"
   */
  default void callStarted(long call, String operation) {}

  /**
   * The call is over.
   *
   * @param tries how often it was sent, 0 or more
   * @param failure what the caller got; empty: an answer
   */
  default void callFinished(
      long call, String operation, int tries, Duration took, Optional<TroikaException> failure) {}

  /**
   * One try of a call failed and it will be sent again after {@code pause}.
   *
   * @param address of the node that failed
   * @param reason why, for people
   */
  default void callRetried(
      long call, String operation, String address, String reason, Duration pause) {}

  /** A leader was lost from sight; a search for it begins. */
  default void leaderSearchStarted(long search) {}

  /** The search found a leader, or ended with the client (then there is none). */
  default void leaderSearchFinished(long search, Duration took, LeaderInfo leader) {}

  /** Another leader is followed from now on. */
  default void leaderChanged(LeaderInfo leader) {}

  /**
   * From now on calls go to these nodes: the members of the group as far as they are known, each at
   * an address, host:port, that leads there. Never none.
   */
  default void nodesChanged(List<String> addresses) {}

  /** The cache of a storage can't prove what is current and asks what it missed. */
  default void cacheVerificationStarted(long verification, String storage, Tid verifiedTid) {}

  /**
   * It knows again.
   *
   * @param verifiedTid what is cached as current is proven so up to here; unchanged if the attempt
   *     failed
   * @param kept entries that are still current
   * @param dropped entries that are not, or may not be
   */
  default void cacheVerificationFinished(
      long verification, String storage, Tid verifiedTid, long kept, long dropped) {}

  /** A transaction was committed by someone, and changed this many objects. */
  default void invalidated(String storage, Tid tid, int objects) {}

  /** A run of {@link ObjectStore#run} met a conflict and will run again after {@code pause}. */
  default void runRepeated(String storage, int attempt, TroikaException reason, Duration pause) {}
}
