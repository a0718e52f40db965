package io.troika.client.internal.codec;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.troika.api.v1.HistoryId;
import io.troika.api.v1.LeaderHint;
import io.troika.api.v1.LoadedObject;
import io.troika.client.Bytes;
import io.troika.client.LeaderInfo;
import io.troika.client.Oid;
import io.troika.client.Revision;
import io.troika.client.StorageInfo;
import io.troika.client.Tid;
import io.troika.client.TransactionId;
import io.troika.client.TransactionMetadata;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;

/** Ids, bytes and the small values that many messages share. */
public final class ValueCodec {
  private static final int UUID_BYTES = 16;

  private ValueCodec() {}

  /** Not copied: the array of {@link Bytes} is never written. */
  public static ByteString bytes(Bytes bytes) {
    return UnsafeByteOperations.unsafeWrap(bytes.asByteBuffer());
  }

  public static Bytes bytes(ByteString bytes) {
    return Bytes.wrap(bytes.toByteArray());
  }

  public static List<Long> oids(Collection<Oid> oids) {
    List<Long> values = new ArrayList<>(oids.size());
    for (Oid oid : oids) {
      values.add(oid.value());
    }
    return values;
  }

  public static List<Oid> oids(List<Long> values) {
    List<Oid> oids = new ArrayList<>(values.size());
    for (long value : values) {
      oids.add(new Oid(value));
    }
    return oids;
  }

  /** As requests name it. */
  public static HistoryId history(UUID uuid, long epoch) {
    return HistoryId.newBuilder()
        .setStorageUuid(
            ByteString.copyFrom(
                ByteBuffer.allocate(2 * Long.BYTES)
                    .putLong(uuid.getMostSignificantBits())
                    .putLong(uuid.getLeastSignificantBits())
                    .array()))
        .setEpoch(epoch)
        .build();
  }

  public static UUID uuid(ByteString bytes) {
    if (bytes.size() != UUID_BYTES) {
      throw new MalformedAnswerException(
          "storage uuid of " + bytes.size() + " bytes: expected " + UUID_BYTES);
    }
    ByteBuffer buffer = bytes.asReadOnlyByteBuffer();
    return new UUID(buffer.getLong(), buffer.getLong());
  }

  /**
   * Of a cluster; empty if there is none. What is no UUID is still one cluster's and no other's.
   */
  public static String clusterId(ByteString bytes) {
    return bytes.size() == UUID_BYTES
        ? uuid(bytes).toString()
        : HexFormat.of().formatHex(bytes.toByteArray());
  }

  public static Tid tid(long value) {
    if (value < 0) {
      throw new MalformedAnswerException("tid 0x" + Long.toHexString(value) + ": 2^63 or more");
    }
    return new Tid(value);
  }

  public static io.troika.api.v1.TransactionId transactionId(TransactionId id) {
    return io.troika.api.v1.TransactionId.newBuilder()
        .setClientHigh(id.client().getMostSignificantBits())
        .setClientLow(id.client().getLeastSignificantBits())
        .setSequence(id.sequence())
        .build();
  }

  public static TransactionId transactionId(io.troika.api.v1.TransactionId id) {
    return new TransactionId(new UUID(id.getClientHigh(), id.getClientLow()), id.getSequence());
  }

  public static io.troika.api.v1.TransactionMetadata metadata(TransactionMetadata metadata) {
    return io.troika.api.v1.TransactionMetadata.newBuilder()
        .setUser(bytes(metadata.user()))
        .setDescription(bytes(metadata.description()))
        .setExtension(bytes(metadata.extension()))
        .build();
  }

  public static TransactionMetadata metadata(io.troika.api.v1.TransactionMetadata metadata) {
    return new TransactionMetadata(
        bytes(metadata.getUser()),
        bytes(metadata.getDescription()),
        bytes(metadata.getExtension()));
  }

  public static LeaderInfo leader(LeaderHint hint) {
    return new LeaderInfo(
        hint.getTerm(),
        hint.getNodeId(),
        hint.getClientAddress(),
        hint.getGroup().isEmpty() ? LeaderInfo.MAIN_GROUP : hint.getGroup());
  }

  public static StorageInfo storage(io.troika.api.v1.StorageInfo storage) {
    return new StorageInfo(
        storage.getName(),
        uuid(storage.getUuid()),
        storage.getEpoch(),
        tid(storage.getLastTid()),
        tid(storage.getPackTid()),
        storage.getObjectCount(),
        storage.getTransactionCount(),
        storage.getDataBytes(),
        storage.getGroup(),
        storage.getBlobBytes(),
        storage.hasQuotaBytes() ? OptionalLong.of(storage.getQuotaBytes()) : OptionalLong.empty());
  }

  /** Only of an object that was found. */
  public static Revision revision(LoadedObject object) {
    return new Revision(new Oid(object.getOid()), tid(object.getTid()), bytes(object.getData()));
  }
}
