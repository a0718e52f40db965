package io.troika.server.messages;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.troika.api.v1.StorageInfo;
import io.troika.server.core.model.StorageState;
import java.nio.ByteBuffer;
import java.util.UUID;

/** What messages say of a storage. */
public final class StorageMessages {
  private StorageMessages() {}

  /**
   * The same as the node has it.
   *
   * @param group the name of the Raft group that it is in
   */
  public static StorageInfo info(StorageState state, String group) {
    StorageInfo.Builder storage =
        StorageInfo.newBuilder()
            .setName(state.name())
            .setUuid(uuid(state.uuid()))
            .setEpoch(state.epoch())
            .setLastTid(state.lastTid().value())
            .setPackTid(state.packTid().value())
            .setObjectCount(state.objectCount())
            .setTransactionCount(state.transactionCount())
            .setDataBytes(state.dataBytes())
            .setBlobBytes(state.blobBytes())
            .setGroup(group);
    if (state.hasQuota()) {
      storage.setQuotaBytes(state.quotaBytes());
    }
    return storage.build();
  }

  /** Its 16 bytes, big-endian. */
  public static ByteString uuid(UUID uuid) {
    return UnsafeByteOperations.unsafeWrap(
        ByteBuffer.allocate(2 * Long.BYTES)
            .putLong(uuid.getMostSignificantBits())
            .putLong(uuid.getLeastSignificantBits())
            .array());
  }
}
