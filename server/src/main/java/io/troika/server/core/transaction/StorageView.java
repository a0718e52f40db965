package io.troika.server.core.transaction;

import io.troika.server.core.model.ObjectSerial;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionRecord;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One storage as the command being applied sees it: what is stored, and the effects of the commands
 * before it in the same log entry. Used by the applying thread only.
 *
 * <p>Revisions may come unread, since most questions are about tids only: {@link #read} gets the
 * data of one.
 */
public interface StorageView {

  /** The newest transaction, or {@link Tid#NONE}. */
  Tid lastTid();

  /** The pack horizon, or {@link Tid#NONE}. */
  Tid packTid();

  /** The object's newest revision, of any kind, or null. */
  @Nullable StoredRevision newest(Oid oid);

  /**
   * What {@link #newest} says of each of these objects; those of which it says nothing are left
   * out. For many at once.
   *
   * @param oids ascending, each once
   */
  Map<Oid, ObjectSerial> newestSerials(List<Oid> oids);

  /** The object's newest revision with a tid {@code < before}, of any kind, or null. */
  @Nullable StoredRevision newestBefore(Oid oid, Tid before);

  /** Exactly this revision, or null. */
  @Nullable StoredRevision at(Oid oid, Tid tid);

  /**
   * The revision with its data, if it has any of its own.
   *
   * @return null if it was packed away meanwhile
   */
  @Nullable StoredRevision read(StoredRevision revision);

  /**
   * The revision whose data this one has, with that data: itself, or the one it shares with.
   *
   * @return null if it has none, or that was packed away meanwhile
   */
  default @Nullable StoredRevision origin(StoredRevision revision) {
    StoredRevision stored =
        revision.kind() == StoredRevision.Kind.DATA
            ? revision
            : at(revision.oid(), revision.dataTid());
    return stored == null ? null : read(stored);
  }

  @Nullable TransactionRecord transaction(Tid tid);
}
