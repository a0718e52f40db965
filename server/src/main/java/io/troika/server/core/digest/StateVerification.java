package io.troika.server.core.digest;

import io.troika.server.core.RevisionReader;
import io.troika.server.core.model.BlobKey;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.BlobState;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionRecord;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Walks one storage and checks that it fits together: every revision belongs to a transaction and
 * every transaction has its revisions, shared data and the bytes of blobs are there, the counts are
 * right. For operators and for the end of tests. One instance checks once, on one thread;
 * transactions applied meanwhile are left out of it.
 *
 * <p>Of a storage that was ever packed, transactions up to the horizon are not checked while the
 * pack runs, and how many there ever were is not known.
 */
public final class StateVerification {
  /** No more findings than these are collected. */
  public static final int FINDINGS_MAX = 100;

  private static final int OIDS_CHUNK = 1024;
  private static final int REVISIONS_CHUNK = 4;
  private static final int TRANSACTIONS_CHUNK = 64;

  private final RevisionReader reader;
  private final StorageState state;
  private final boolean packing;
  private final List<String> findings = new ArrayList<>();
  private long transactions;
  private long listedRevisions;
  private long revisions;
  private long objects;
  private long dataBytes;

  private StateVerification(RevisionReader reader, StorageState state) {
    this.reader = reader;
    this.state = state;
    PackState pack = reader.pack(state.id());
    this.packing = pack != null && pack.isRunning();
  }

  /**
   * Checks a storage.
   *
   * @return what is wrong, one sentence each, at most {@link #FINDINGS_MAX}; empty if nothing is
   */
  public static List<String> verify(RevisionReader reader, StorageId storage) {
    StorageState state = reader.storage(storage);
    if (state == null) {
      throw new IllegalArgumentException(storage + ": unknown");
    }
    StateVerification verification = new StateVerification(reader, state);
    verification.walkTransactions();
    verification.walkObjects();
    verification.compareCounts();
    return List.copyOf(verification.findings);
  }

  private void walkTransactions() {
    Tid after = Tid.NONE;
    while (true) {
      List<TransactionRecord> chunk =
          reader.transactions(state.id(), after, state.lastTid(), TRANSACTIONS_CHUNK);
      for (TransactionRecord transaction : chunk) {
        check(transaction);
        after = transaction.tid();
      }
      if (chunk.size() < TRANSACTIONS_CHUNK) {
        return;
      }
    }
  }

  private void check(TransactionRecord transaction) {
    transactions++;
    @Nullable Oid previous = null;
    for (Oid oid : transaction.oids()) {
      listedRevisions++;
      if (previous != null && previous.compareTo(oid) >= 0) {
        find("transaction " + transaction.tid() + " lists oid " + oid + " after " + previous);
      }
      boolean mayBeGone = packing && transaction.tid().compareTo(state.packTid()) <= 0;
      if (!mayBeGone && reader.unreadAt(state.id(), oid, transaction.tid()) == null) {
        find("transaction " + transaction.tid() + " lists oid " + oid + ", has no revision of it");
      }
      previous = oid;
    }
  }

  private void walkObjects() {
    @Nullable Oid from = Oid.ROOT;
    while (from != null) {
      List<Oid> chunk = reader.oids(state.id(), from, OIDS_CHUNK);
      for (Oid oid : chunk) {
        walkHistory(oid);
      }
      Oid last = chunk.size() < OIDS_CHUNK ? Oid.MAX : chunk.get(chunk.size() - 1);
      from = last.equals(Oid.MAX) ? null : last.next();
    }
  }

  private void walkHistory(Oid oid) {
    Tid before = new Tid(state.lastTid().value() + 1);
    boolean newest = true;
    while (true) {
      List<StoredRevision> chunk = reader.history(state.id(), oid, before, REVISIONS_CHUNK);
      for (StoredRevision revision : chunk) {
        check(revision, newest);
        newest = false;
        before = revision.tid();
      }
      if (chunk.size() < REVISIONS_CHUNK) {
        return;
      }
    }
  }

  private void check(StoredRevision revision, boolean newest) {
    revisions++;
    if (newest) {
      objects += revision.isAbsent() ? 0 : 1;
      boolean above = state.nextOid().compareTo(revision.oid()) > 0;
      if (!above && !revision.oid().equals(Oid.MAX)) {
        find("oid " + revision.oid() + " is stored, the next oid is " + state.nextOid());
      }
    }
    if (revision.data() != null) {
      dataBytes += revision.data().size();
      check(revision, revision.blob());
    } else if (revision.kind() == StoredRevision.Kind.SHARED) {
      StoredRevision origin = reader.at(state.id(), revision.oid(), revision.dataTid());
      if (origin == null || origin.data() == null) {
        find(
            "oid "
                + revision.oid()
                + " at "
                + revision.tid()
                + " shares data of "
                + revision.dataTid()
                + ", which has none");
      }
    }
  }

  /** Its bytes are all there, and the same that were committed. */
  private void check(StoredRevision revision, @Nullable BlobReference blob) {
    boolean mayBeGone = packing && revision.tid().compareTo(state.packTid()) <= 0;
    if (blob == null || mayBeGone) {
      return;
    }
    BlobKey key = new BlobKey(state.id(), blob.id());
    BlobState known = reader.blob(key);
    if (known == null || known.isStaged() || !known.content().equals(blob)) {
      find("oid " + revision.oid() + " at " + revision.tid() + " has another blob than is there");
      return;
    }
    BlobReference found = BlobReference.empty(blob.id(), blob.chunkBytes());
    for (int chunk = 0; chunk < blob.chunkCount(); chunk++) {
      Bytes bytes = reader.blobChunk(key, chunk);
      found = bytes == null ? found : found.with(bytes);
    }
    if (!found.equals(blob)) {
      find("oid " + revision.oid() + " at " + revision.tid() + ": bytes of its blob are wrong");
    }
  }

  private void compareCounts() {
    compare("objects", state.objectCount(), objects);
    compare("bytes of data", state.dataBytes(), dataBytes);
    if (state.packTid().isNone()) {
      compare("transactions", state.transactionCount(), transactions);
    }
    if (!packing) {
      compare("revisions listed by transactions", listedRevisions, revisions);
    }
  }

  private void compare(String what, long expected, long found) {
    if (expected != found) {
      find(what + ": expected " + expected + ", found " + found);
    }
  }

  private void find(String finding) {
    if (findings.size() < FINDINGS_MAX) {
      findings.add(state.id() + ": " + finding);
    }
  }
}
