package io.troika.server.service.commit;

import io.troika.server.core.RevisionReader;
import io.troika.server.core.model.ObjectSerial;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.core.transaction.StorageView;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One storage as it is applied, for the planners of the core. What it says of an object holds still
 * only while the object is locked.
 */
final class AppliedStorage implements StorageView {
  private final RevisionReader reader;
  private final StorageId storage;
  private final @Nullable StorageState state;

  AppliedStorage(RevisionReader reader, StorageId storage) {
    this.reader = reader;
    this.storage = storage;
    this.state = reader.storage(storage);
  }

  @Override
  public Tid lastTid() {
    return state == null ? Tid.NONE : state.lastTid();
  }

  @Override
  public Tid packTid() {
    return state == null ? Tid.NONE : state.packTid();
  }

  @Override
  public @Nullable StoredRevision newest(Oid oid) {
    return reader.unreadBefore(storage, oid, Tid.MAX);
  }

  @Override
  public Map<Oid, ObjectSerial> newestSerials(List<Oid> oids) {
    return reader.newestSerials(storage, oids);
  }

  @Override
  public @Nullable StoredRevision newestBefore(Oid oid, Tid before) {
    return reader.unreadBefore(storage, oid, before);
  }

  @Override
  public @Nullable StoredRevision at(Oid oid, Tid tid) {
    return reader.unreadAt(storage, oid, tid);
  }

  @Override
  public @Nullable StoredRevision read(StoredRevision revision) {
    // It may be planned only; and one that is stored may have left its stage meanwhile.
    StoredRevision read = revision.read(storage, reader::blobChunk);
    return read == null ? reader.at(storage, revision.oid(), revision.tid()) : read;
  }

  @Override
  public @Nullable TransactionRecord transaction(Tid tid) {
    return reader.transaction(storage, tid);
  }
}
