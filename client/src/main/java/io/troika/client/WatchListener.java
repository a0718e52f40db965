package io.troika.client;

import java.util.List;

/**
 * Told of commits and leaders by {@link ObjectStore#watch}. Called by one thread at a time, on the
 * client's executor. What was missed while a connection was broken, or while the listener was slow,
 * is read from the transaction log. What a listener throws ends its watch and goes to the thread's
 * uncaught exception handler.
 */
public interface WatchListener {

  /**
   * A transaction was committed. Each is told once, in tid order.
   *
   * @param oids the objects that it changed, ascending
   */
  void onCommitted(Tid tid, List<Oid> oids);

  /** The leader or the term changed. */
  default void onLeader(LeaderInfo leader) {}

  /**
   * Transactions after {@code after} and up to {@code upTo} are not told, or not all: their history
   * is packed or could not be read in time, or the storage was restored to another history (then
   * {@code after} may be the greater). Read what you need anew.
   */
  default void onGap(Tid after, Tid upTo) {}
}
