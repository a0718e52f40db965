package io.troika.server.service.pack;

import io.troika.server.core.RevisionReader;
import io.troika.server.core.command.Command;
import io.troika.server.core.command.PackWork.EndGarbage;
import io.troika.server.core.command.PackWork.Garbage;
import io.troika.server.core.command.PackWork.RemoveGarbage;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.core.mvcc.ObjectReads;
import io.troika.server.core.pack.ReferenceFinder;
import io.troika.server.core.pack.UnreadableReferencesException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the objects of one storage that cannot be reached, on the leader, once its old revisions
 * are gone. Reachable is the root, what was written after the horizon, and what any kept revision
 * of a reachable object refers to.
 *
 * <p>Works in slices of bounded size, so that it may share its threads. The order is: mark all that
 * is reachable as of a transaction; then walk over all objects and, before each portion of those
 * without a mark is given out, follow the transactions that came meanwhile. What comes between that
 * and the application of the command is looked at there.
 *
 * <p>Used by one thread at a time.
 */
final class GarbageSearch {
  /** Objects removed by one command. */
  static final int PORTION = 256;

  private static final int SLICE_ROWS = 500;
  private static final long SLICE_BYTES = 2 << 20;
  private static final int TRANSACTIONS_CHUNK = 64;
  private static final int REVISIONS_CHUNK = 4;

  private final RevisionReader reader;
  private final ObjectReads reads;
  private final ReferenceFinder finder;
  private final StorageId storage;
  private final Tid horizon;
  private final long bytesMax;

  private final OidSet marked = new OidSet();
  private final OidSet pending = new OidSet();
  private final List<Garbage> portion = new ArrayList<>();
  private Oid markedUpTo = Oid.ROOT;
  private Tid followed;
  private Tid markedAt;
  private @Nullable Oid walkFrom = Oid.ROOT;
  private int rowsLeft;
  private long bytesLeft;

  /**
   * @param bytesMax how much memory the marks may take; about a quarter of a byte for each object
   */
  GarbageSearch(RevisionReader reader, ReferenceFinder finder, PackState pack, long bytesMax) {
    this.reader = reader;
    this.reads = new ObjectReads(reader);
    this.finder = finder;
    this.storage = pack.storage();
    this.horizon = pack.horizon();
    this.bytesMax = bytesMax;
    this.followed = horizon;
    this.markedAt = lastTid();
    mark(Oid.ROOT);
  }

  /**
   * Goes on for one slice.
   *
   * @return the command that is to be applied next, or null: there is more to do first
   */
  @Nullable Command advance() {
    rowsLeft = SLICE_ROWS;
    bytesLeft = SLICE_BYTES;
    try {
      return advanceSlice();
    } catch (GivenUpException e) {
      return new EndGarbage(storage, horizon, shortened(e.getMessage()));
    }
  }

  private @Nullable Command advanceSlice() throws GivenUpException {
    requireRoot();
    while (rowsLeft > 0 && bytesLeft > 0) {
      boolean portionIsFull = portion.size() == PORTION || walkFrom == null;
      boolean marking = !pending.isEmpty() || followed.compareTo(markedAt) < 0;
      if (!marking && !portionIsFull) {
        walk();
      } else if (pending.isEmpty() && followed.compareTo(lastTid()) < 0) {
        follow();
      } else if (!pending.isEmpty()) {
        markNext();
      } else {
        portion.removeIf(each -> marked.contains(each.oid()));
        if (!portion.isEmpty() && (portion.size() == PORTION || walkFrom == null)) {
          return new RemoveGarbage(storage, horizon, followed, List.copyOf(portion));
        }
        if (walkFrom == null) {
          return new EndGarbage(storage, horizon, "");
        }
      }
    }
    return null;
  }

  /** The portion that was given out is gone. */
  void removed() {
    portion.clear();
  }

  private void requireRoot() throws GivenUpException {
    StoredRevision root = reader.newestBefore(storage, Oid.ROOT, Tid.MAX);
    if (root == null || root.isAbsent()) {
      throw new GivenUpException("there is no root object, oid " + Oid.ROOT);
    }
  }

  private void mark(Oid oid) {
    if (marked.add(oid)) {
      pending.add(oid);
    }
  }

  /** Follows the next transactions: what they wrote is reachable, and refers to what is. */
  private void follow() throws GivenUpException {
    List<TransactionRecord> chunk =
        reader.transactions(storage, followed, Tid.MAX, TRANSACTIONS_CHUNK);
    for (TransactionRecord transaction : chunk) {
      for (Oid oid : transaction.oids()) {
        rowsLeft--;
        if (!marked.contains(oid)) {
          mark(oid);
          requireMemory();
        } else if (transaction.tid().compareTo(markedAt) > 0) {
          // All it had before was or will be looked at; this may have come after that.
          StoredRevision revision = reader.at(storage, oid, transaction.tid());
          if (revision != null) {
            markReferences(revision);
          }
        }
      }
      followed = transaction.tid();
    }
    if (chunk.isEmpty()) {
      followed = lastTid(); // The last transaction may be among those that the pack covers.
    }
  }

  private void markNext() throws GivenUpException {
    Oid oid = pending.pollFrom(markedUpTo);
    if (oid == null) {
      return;
    }
    markedUpTo = oid;
    Tid before = Tid.MAX;
    List<StoredRevision> chunk;
    do {
      chunk = reader.history(storage, oid, before, REVISIONS_CHUNK);
      for (StoredRevision revision : chunk) {
        rowsLeft--;
        markReferences(revision);
        before = revision.tid();
      }
    } while (chunk.size() == REVISIONS_CHUNK);
  }

  private void markReferences(StoredRevision revision) throws GivenUpException {
    if (revision.isAbsent()) {
      return;
    }
    Bytes data = reads.data(storage, revision);
    bytesLeft -= data.size();
    try {
      finder.references(data).forEach(this::mark);
    } catch (UnreadableReferencesException e) {
      throw new GivenUpException(
          "the references of oid %s at %s cannot be read: %s"
              .formatted(revision.oid(), revision.tid(), e.getMessage()));
    }
    requireMemory();
  }

  private void requireMemory() throws GivenUpException {
    if (marked.bytes() + pending.bytes() > bytesMax) {
      throw new GivenUpException(
          "the marks of reachable objects take more than the %s bytes of limits.pack-mark-size"
              .formatted(bytesMax));
    }
  }

  /** Puts the next objects without a mark into the portion. */
  private void walk() {
    Oid from = walkFrom == null ? Oid.MAX : walkFrom;
    int limit = PORTION - portion.size();
    List<Oid> oids = reader.oids(storage, from, limit);
    for (Oid oid : oids) {
      rowsLeft--;
      StoredRevision newest =
          marked.contains(oid) ? null : reader.newestBefore(storage, oid, Tid.MAX);
      if (newest != null && newest.tid().compareTo(horizon) <= 0) {
        portion.add(new Garbage(oid, newest.tid()));
      }
    }
    Oid last = oids.size() < limit ? Oid.MAX : oids.get(oids.size() - 1);
    walkFrom = last.equals(Oid.MAX) ? null : last.next();
  }

  private Tid lastTid() {
    StorageState state = reader.storage(storage);
    return state == null ? Tid.NONE : state.lastTid();
  }

  private static String shortened(@Nullable String text) {
    String all = String.valueOf(text);
    return all.substring(0, Math.min(all.length(), PackState.PROBLEM_LENGTH_MAX));
  }

  /** No object may be called garbage; the message says why. */
  private static final class GivenUpException extends Exception {
    private static final long serialVersionUID = 1L;

    GivenUpException(String message) {
      super(message);
    }
  }
}
