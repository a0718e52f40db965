package io.troika.server.service.ports;

import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.TransactionId;
import java.util.List;

/**
 * A transaction that was promised that it can be finished, and what is locked for it: what one
 * leader tells the next.
 *
 * @param locked each storage at most once
 */
public record VotedTransaction(TransactionId id, List<Locked> locked) {
  public VotedTransaction {
    locked = List.copyOf(locked);
  }

  /** Objects of one storage. */
  public record Locked(StorageId storage, List<Oid> exclusive, List<Oid> shared) {
    public Locked {
      exclusive = List.copyOf(exclusive);
      shared = List.copyOf(shared);
    }
  }

  /** How many objects are locked for it. */
  public int lockCount() {
    int count = 0;
    for (Locked each : locked) {
      count += each.exclusive().size() + each.shared().size();
    }
    return count;
  }
}
