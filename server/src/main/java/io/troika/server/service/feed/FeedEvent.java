package io.troika.server.service.feed;

import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.service.ports.Leadership;
import java.util.List;

/** What a subscriber of one storage hears. */
public sealed interface FeedEvent {

  /**
   * Always the first: all transactions after {@code storage.lastTid()} follow, and none before it.
   */
  record Position(StorageState storage, Leadership leadership) implements FeedEvent {}

  /** Transactions became visible on this node, at once: at least one, in tid order. */
  record Committed(List<Transaction> transactions) implements FeedEvent {
    public Committed {
      transactions = List.copyOf(transactions);
    }

    Tid lastTid() {
      return transactions.get(transactions.size() - 1).tid();
    }
  }

  /**
   * One of them.
   *
   * @param oids every object it changed, ascending
   * @param id whose transaction it is
   */
  record Transaction(Tid tid, List<Oid> oids, TransactionId id) {
    public Transaction {
      oids = List.copyOf(oids);
    }

    static Transaction of(TransactionRecord transaction) {
      return new Transaction(transaction.tid(), transaction.oids(), transaction.id());
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
