package io.troika.server.core.pack;

import io.troika.server.core.RevisionReader;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.PackState.Phase;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionRecord;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Plans what becomes of the transactions up to the horizon once their old revisions are gone: each
 * lists what it still has, and counts as packed; one that has nothing left goes, as in FileStorage.
 *
 * <p>A transaction of more objects than a step may look at is done in parts: its record lists what
 * was found in those before, then what has not been looked at.
 */
public final class TransactionSweep {
  /** Few: a record may list many objects, of which a step looks at some only. */
  private static final int TRANSACTIONS_CHUNK = 4;

  private final RevisionReader reader;
  private final StorageId storage;
  private final PackDraft draft;
  private int rowsLeft;
  private long bytesLeft;

  private TransactionSweep(
      RevisionReader reader, StorageId storage, PackDraft draft, int rowsMax, long bytesMax) {
    this.reader = reader;
    this.storage = storage;
    this.draft = draft;
    this.rowsLeft = rowsMax;
    this.bytesLeft = bytesMax;
  }

  /**
   * Plans one step.
   *
   * @return the state after it
   */
  public static PackState plan(
      RevisionReader reader, PackState state, PackDraft draft, int rowsMax, long bytesMax) {
    TransactionSweep sweep =
        new TransactionSweep(reader, state.storage(), draft, rowsMax, bytesMax);
    Tid after = new Tid(Math.max(0, state.tid().value() - 1));
    while (true) {
      List<TransactionRecord> chunk =
          reader.transactions(state.storage(), after, state.horizon(), TRANSACTIONS_CHUNK);
      for (TransactionRecord transaction : chunk) {
        if (!sweep.mayGoOn()) {
          return state.at(Oid.ROOT, RevisionSweep.after(after), draft.removed());
        }
        Oid from = transaction.tid().equals(state.tid()) ? state.oid() : Oid.ROOT;
        @Nullable Oid rest = sweep.take(transaction, from);
        if (rest != null) {
          return state.at(rest, transaction.tid(), draft.removed());
        }
        after = transaction.tid();
      }
      if (chunk.size() < TRANSACTIONS_CHUNK) {
        return state.at(Oid.ROOT, RevisionSweep.after(after), draft.removed()).in(Phase.DONE);
      }
    }
  }

  private boolean mayGoOn() {
    return rowsLeft > 0 && bytesLeft > 0;
  }

  /**
   * Plans one transaction, from one of its oids on.
   *
   * @return the first oid that was not looked at, or null when none is left
   */
  private @Nullable Oid take(TransactionRecord transaction, Oid from) {
    List<Oid> kept = new ArrayList<>();
    long sizeBytes = from.equals(Oid.ROOT) ? 0 : transaction.sizeBytes();
    @Nullable Oid rest = null;
    rowsLeft--; // The record is a row too: one may have no objects.
    for (Oid oid : transaction.oids()) {
      if (oid.compareTo(from) < 0) {
        kept.add(oid);
        continue;
      }
      if (rest == null && !mayGoOn() && !oid.equals(from)) {
        rest = oid;
      }
      if (rest != null) {
        kept.add(oid);
        continue;
      }
      rowsLeft--;
      @Nullable StoredRevision revision = reader.unreadAt(storage, oid, transaction.tid());
      if (revision != null) {
        kept.add(oid);
        sizeBytes += revision.dataBytes();
        bytesLeft -= revision.dataBytes();
      }
    }
    write(transaction, kept, sizeBytes, rest != null);
    return rest;
  }

  private void write(
      TransactionRecord transaction, List<Oid> kept, long sizeBytes, boolean inPart) {
    if (kept.isEmpty() && !inPart) {
      draft.removeTransaction(transaction.tid());
      return;
    }
    TransactionRecord packed =
        new TransactionRecord(
            transaction.tid(),
            TransactionRecord.PACKED,
            transaction.metadata(),
            kept,
            sizeBytes,
            transaction.id());
    if (!packed.equals(transaction)) {
      draft.rewrite(packed);
    }
  }
}
