package io.troika.server.service;

import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import java.util.List;

/** What a subscriber of one storage hears. */
public sealed interface FeedEvent {

  /**
   * Always the first: all transactions after {@code storage.lastTid()} follow, and none before it.
   */
  record Position(StorageState storage, Leadership leadership) implements FeedEvent {}

  /**
   * A transaction became visible on this node.
   *
   * @param oids every object it changed, ascending
   * @param id whose transaction it is
   */
  record Committed(Tid tid, List<Oid> oids, TransactionId id) implements FeedEvent {
    public Committed {
      oids = List.copyOf(oids);
    }
  }

  /** The leader, or the term, or what this node knows of them, changed. */
  record LeaderChanged(Leadership leadership) implements FeedEvent {}

  /**
   * Nothing happened for a while.
   *
   * @param lastTid all transactions up to and including it were heard
   */
  record Heartbeat(Tid lastTid, long term) implements FeedEvent {}

  /** The last one: something was missed, or will be. */
  record Lost(String reason) implements FeedEvent {}
}
