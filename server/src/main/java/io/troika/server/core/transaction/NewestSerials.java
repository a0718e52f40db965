package io.troika.server.core.transaction;

import io.troika.server.core.command.Command.Delete;
import io.troika.server.core.command.Command.ReadCheck;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.model.ObjectSerial;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StoredRevision;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The newest revisions of the objects of one transaction. If these are many, all are asked for when
 * this is made; else each when it is looked at.
 */
public final class NewestSerials {
  private static final int MANY = 64;

  private final StorageView storage;
  private final @Nullable Map<Oid, ObjectSerial> ofAll;

  public NewestSerials(
      StorageView storage, List<ReadCheck> reads, List<Write> writes, List<Delete> deletes) {
    this.storage = storage;
    int count = reads.size() + writes.size() + deletes.size();
    if (count < MANY) {
      ofAll = null;
    } else {
      List<Oid> oids = new ArrayList<>(count);
      reads.forEach(read -> oids.add(read.oid()));
      writes.forEach(write -> oids.add(write.oid()));
      deletes.forEach(delete -> oids.add(delete.oid()));
      ofAll = storage.newestSerials(oids.stream().sorted().distinct().toList());
    }
  }

  /** That of an object of the transaction, or null. */
  public @Nullable ObjectSerial of(Oid oid) {
    if (ofAll != null) {
      return ofAll.get(oid);
    }
    StoredRevision newest = storage.newest(oid);
    return newest == null ? null : ObjectSerial.of(newest);
  }
}
