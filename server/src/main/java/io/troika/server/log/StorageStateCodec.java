package io.troika.server.log;

import static io.troika.server.log.ByteWriter.UUID_BYTES;

import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import java.util.UUID;

/**
 * The state of a storage, as it stands in outcomes and on disk. {@link OutcomeCodec} draws it;
 * whoever stores it keeps a format version of his own beside it.
 */
public final class StorageStateCodec {
  private static final int SUCCESSION_BYTES = Long.BYTES + Integer.BYTES;
  private static final int FIXED_BYTES = Integer.BYTES + UUID_BYTES + 9 * Long.BYTES;

  private StorageStateCodec() {}

  public static int encodedSize(StorageState state) {
    return FIXED_BYTES
        + ByteWriter.sizeOfBytes32(ByteWriter.text(state.name()))
        + (state.epoch() > 1 ? SUCCESSION_BYTES : 0);
  }

  public static void write(ByteWriter writer, StorageState state) {
    writer.storage(state.id()).uuid(state.uuid()).i64(state.epoch());
    writer.tid(state.lastTid()).oid(state.nextOid()).tid(state.packTid());
    writer.i64(state.objectCount()).i64(state.transactionCount()).i64(state.dataBytes());
    writer.i64(state.blobBytes()).i64(state.quotaBytes());
    writer.bytes32(ByteWriter.text(state.name()));
    if (state.epoch() > 1) {
      writer.tid(state.epochTid()).storage(state.place());
    }
  }

  public static StorageState read(ByteReader reader) {
    StorageId id = reader.storage();
    UUID uuid = reader.uuid();
    long epoch = reader.i64();
    Tid lastTid = reader.tid();
    Oid nextOid = reader.oid();
    Tid packTid = reader.tid();
    long objectCount = reader.i64();
    long transactionCount = reader.i64();
    long dataBytes = reader.i64();
    long blobBytes = reader.i64();
    long quotaBytes = reader.i64();
    String name = reader.text();
    return new StorageState(
        id,
        name,
        uuid,
        epoch,
        lastTid,
        nextOid,
        packTid,
        objectCount,
        transactionCount,
        dataBytes,
        epoch > 1 ? reader.tid() : Tid.NONE,
        epoch > 1 ? reader.storage() : id,
        blobBytes,
        quotaBytes);
  }
}
