package io.troika.server.storage.rocksdb;

import io.troika.server.core.model.BlobKey;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.log.BlobCodec;
import io.troika.server.log.ByteReader;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The keys, byte by byte. All numbers are big-endian, so that RocksDB's order of bytes is the
 * unsigned order of numbers.
 *
 * <pre>{@code
 * revisions         0        4                12               20
 *                   | storage | oid            | ~tid           |
 *                   '-- prefix of the bloom filters --'
 *
 * transactions      0        4                12
 *                   | storage | tid            |
 *
 * outcomes          0                          16               24
 *                   | client uuid              | sequence       |
 *
 * outcome-expiries  0                8                          24               32
 *                   | expiry, ms     | client uuid              | sequence       |
 *
 * packs             0        4
 *                   | storage |
 *
 * blob-states,      0        4                          20               28       32
 * staging           | storage | client uuid              | sequence       | part   |
 *
 * blobs             the same, then 32         36
 *                                  | chunk no |
 *
 * meta              0        4   5
 *                   | storage | 1 |   state of the storage
 *                   | 0       | 0 |   format version
 *                   | 0       | 1 |   state of the group
 *                   | 0       | 2 |   who may do what
 * }</pre>
 *
 * <p>{@code ~tid} is the bitwise complement: the newest revision of an object comes first, so "the
 * newest before T" is one seek forwards. Outcomes belong to the group, not to a storage, because a
 * client's transaction ids do. Storage ids begin at 1, which leaves 0 to the group.
 */
final class Keys {
  static final int OBJECT_PREFIX_BYTES = Integer.BYTES + Long.BYTES;
  static final int REVISION_BYTES = OBJECT_PREFIX_BYTES + Long.BYTES;
  static final int TRANSACTION_BYTES = Integer.BYTES + Long.BYTES;
  static final int OUTCOME_BYTES = 3 * Long.BYTES;
  static final int EXPIRY_BYTES = Long.BYTES + OUTCOME_BYTES;
  static final int BLOB_BYTES = Integer.BYTES + OUTCOME_BYTES + Integer.BYTES;
  static final int CHUNK_BYTES = BLOB_BYTES + Integer.BYTES;
  static final int META_BYTES = Integer.BYTES + 1;

  private static final int GROUP = 0;
  private static final byte FIELD_FORMAT = 0;
  private static final byte FIELD_STATE = 1;
  private static final byte FIELD_ACCESS = 2;
  private static final byte FIELD_CATALOG = 3;

  private Keys() {}

  /** At or before all keys of the storage, but for those of {@code meta} and outcomes. */
  static byte[] storageStart(StorageId storage) {
    return buffer(Integer.BYTES).putInt(storage.value()).array();
  }

  /** Behind all keys of the storage. */
  static byte[] storageEnd(StorageId storage) {
    return buffer(Integer.BYTES).putInt(storage.value() + 1).array();
  }

  static byte[] revision(StorageId storage, Oid oid, Tid tid) {
    return revision(storage, oid.value(), ~tid.value());
  }

  /** Where the revisions of this oid (as of any greater one) begin. */
  static byte[] firstRevision(StorageId storage, Oid oid) {
    return revision(storage, oid.value(), 0);
  }

  private static byte[] revision(StorageId storage, long oid, long complementOfTid) {
    return buffer(REVISION_BYTES)
        .putInt(storage.value())
        .putLong(oid)
        .putLong(complementOfTid)
        .array();
  }

  static StorageId storageOf(byte[] key) {
    return new StorageId(ByteBuffer.wrap(key).getInt(0));
  }

  static boolean isOfStorage(byte[] key, StorageId storage) {
    return ByteBuffer.wrap(key).getInt(0) == storage.value();
  }

  static Oid oidOf(byte[] revisionKey) {
    return new Oid(ByteBuffer.wrap(revisionKey).getLong(Integer.BYTES));
  }

  static Tid tidOf(byte[] revisionKey) {
    return new Tid(~ByteBuffer.wrap(revisionKey).getLong(OBJECT_PREFIX_BYTES));
  }

  static byte[] transaction(StorageId storage, Tid tid) {
    return buffer(TRANSACTION_BYTES).putInt(storage.value()).putLong(tid.value()).array();
  }

  static Tid tidOfTransaction(byte[] transactionKey) {
    return new Tid(ByteBuffer.wrap(transactionKey).getLong(Integer.BYTES));
  }

  static byte[] outcome(TransactionId id) {
    return put(buffer(OUTCOME_BYTES), id).array();
  }

  static TransactionId idOfOutcome(byte[] outcomeKey) {
    return new ByteReader("outcome key", Bytes.wrap(outcomeKey)).transactionId();
  }

  static byte[] expiry(long expiresMillis, TransactionId id) {
    return put(buffer(EXPIRY_BYTES).putLong(expiresMillis), id).array();
  }

  /** Where the outcomes that expire at this time (as of any later one) begin. */
  static byte[] firstExpiry(long expiresMillis) {
    return buffer(EXPIRY_BYTES).putLong(expiresMillis).array();
  }

  static long expiresMillisOf(byte[] expiryKey) {
    return ByteBuffer.wrap(expiryKey).getLong(0);
  }

  static TransactionId idOfExpiry(byte[] expiryKey) {
    Bytes id = Bytes.wrap(expiryKey).slice(Long.BYTES, OUTCOME_BYTES);
    return new ByteReader("outcome expiry key", id).transactionId();
  }

  static byte[] pack(StorageId storage) {
    return buffer(Integer.BYTES).putInt(storage.value()).array();
  }

  static byte[] blob(BlobKey key) {
    return put(buffer(BLOB_BYTES), key).array();
  }

  static BlobKey blobOf(byte[] blobKey) {
    ByteReader reader = new ByteReader("blob key", Bytes.wrap(blobKey));
    return new BlobKey(reader.storage(), BlobCodec.readId(reader));
  }

  static byte[] blobChunk(BlobKey key, int chunk) {
    return put(buffer(CHUNK_BYTES), key).putInt(chunk).array();
  }

  static BlobKey blobOfChunk(byte[] chunkKey) {
    return blobOf(Arrays.copyOf(chunkKey, BLOB_BYTES));
  }

  static int chunkOf(byte[] chunkKey) {
    return ByteBuffer.wrap(chunkKey).getInt(BLOB_BYTES);
  }

  /** Behind all chunks of the blob. */
  static byte[] chunksEnd(BlobKey key) {
    return blobChunk(key, -1);
  }

  static byte[] format() {
    return meta(GROUP, FIELD_FORMAT);
  }

  static byte[] group() {
    return meta(GROUP, FIELD_STATE);
  }

  static byte[] access() {
    return meta(GROUP, FIELD_ACCESS);
  }

  static byte[] catalog() {
    return meta(GROUP, FIELD_CATALOG);
  }

  static byte[] storageState(StorageId storage) {
    return meta(storage.value(), FIELD_STATE);
  }

  /** Where the states of the storages begin. */
  static byte[] firstStorageState() {
    return meta(GROUP + 1, (byte) 0);
  }

  private static byte[] meta(int storage, byte field) {
    return buffer(META_BYTES).putInt(storage).put(field).array();
  }

  private static ByteBuffer put(ByteBuffer buffer, BlobKey key) {
    buffer.putInt(key.storage().value());
    return put(buffer, key.id().transaction()).putInt(key.id().part());
  }

  private static ByteBuffer put(ByteBuffer buffer, TransactionId id) {
    return buffer
        .putLong(id.client().getMostSignificantBits())
        .putLong(id.client().getLeastSignificantBits())
        .putLong(id.sequence());
  }

  private static ByteBuffer buffer(int sizeBytes) {
    return ByteBuffer.allocate(sizeBytes);
  }
}
