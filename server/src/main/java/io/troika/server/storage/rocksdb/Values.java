package io.troika.server.storage.rocksdb;

import io.troika.server.core.ChangeSet.ExpiringOutcome;
import io.troika.server.core.model.BlobKey;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.BlobState;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.GroupState;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.StagedData;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.log.BlobCodec;
import io.troika.server.log.ByteReader;
import io.troika.server.log.ByteWriter;
import io.troika.server.log.OutcomeCodec;
import io.troika.server.log.PackStateCodec;
import io.troika.server.log.StagedDataCodec;
import io.troika.server.log.StorageStateCodec;
import io.troika.server.log.UnknownFormatException;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The values, byte by byte; big-endian. {@link Keys} has what the key says already.
 *
 * <pre>{@code
 * revisions         kind 1: 1 data   | data
 *                           2 shared | tid that holds the data 8
 *                           3 absent |
 *                           4 data with a blob | reference as BlobCodec writes it, data
 *                           5 data in a stage | as StagedDataCodec writes it
 *                           6 the same with a blob | the same, reference
 * transactions      status 2, id (client uuid 16, sequence 8), size in bytes 8,
 *                   user, description, extension (each length 2, bytes), count 4, n * oid 8
 * outcomes          expiry 8, outcome as OutcomeCodec writes it
 * outcome-expiries  nothing
 * blob-states,
 * staging           reference as BlobCodec writes it, references 8, expiry 8
 * blobs             the bytes
 * packs             as PackStateCodec writes it
 * meta              format version 4
 *                   group: term 8, index 8, next storage id 4, log time 8
 *                   storage: as StorageStateCodec writes it
 *                   who may do what: as AccessCodec writes it
 *                   which groups there are: as GroupCodec writes it
 * }</pre>
 *
 * <p>A change of any of these raises {@link #FORMAT_VERSION}. A new kind does not: older versions
 * stop at it.
 */
final class Values {
  static final int FORMAT_VERSION = 2;

  private static final int KIND_DATA = 1;
  private static final int KIND_SHARED = 2;
  private static final int KIND_ABSENT = 3;
  private static final int KIND_DATA_WITH_BLOB = 4;
  private static final int KIND_STAGED = 5;
  private static final int KIND_STAGED_WITH_BLOB = 6;

  private static final int GROUP_BYTES = 3 * Long.BYTES + Integer.BYTES;
  private static final int TRANSACTION_FIXED_BYTES =
      Short.BYTES + ByteWriter.TRANSACTION_ID_BYTES + Long.BYTES + Integer.BYTES;

  private Values() {}

  static byte[] encode(StoredRevision revision) {
    return switch (revision.kind()) {
      case DATA -> {
        @Nullable StagedData staged = revision.staged();
        @Nullable BlobReference blob = revision.blob();
        yield staged == null
            ? encode(blob, Objects.requireNonNull(revision.data()))
            : encode(blob, staged);
      }
      case SHARED ->
          new ByteWriter(1 + Long.BYTES).u8(KIND_SHARED).tid(revision.dataTid()).finish();
      case ABSENT -> new ByteWriter(1).u8(KIND_ABSENT).finish();
    };
  }

  private static byte[] encode(@Nullable BlobReference blob, StagedData staged) {
    int blobBytes = blob == null ? 0 : BlobCodec.REFERENCE_BYTES;
    ByteWriter writer = new ByteWriter(1 + StagedDataCodec.BYTES + blobBytes);
    StagedDataCodec.write(writer.u8(blob == null ? KIND_STAGED : KIND_STAGED_WITH_BLOB), staged);
    if (blob != null) {
      BlobCodec.write(writer, blob);
    }
    return writer.finish();
  }

  private static byte[] encode(@Nullable BlobReference blob, Bytes data) {
    if (blob == null) {
      return new ByteWriter(1 + data.size()).u8(KIND_DATA).raw(data).finish();
    }
    ByteWriter writer = new ByteWriter(1 + BlobCodec.REFERENCE_BYTES + data.size());
    BlobCodec.write(writer.u8(KIND_DATA_WITH_BLOB), blob);
    return writer.raw(data).finish();
  }

  static byte[] encode(BlobState state) {
    ByteWriter writer = new ByteWriter(BlobCodec.REFERENCE_BYTES + 2 * Long.BYTES);
    BlobCodec.write(writer, state.content());
    return writer.i64(state.references()).i64(state.expiresMillis()).finish();
  }

  static BlobState decodeBlob(BlobKey key, byte[] value) {
    return ByteReader.readWhole(
        "state of a blob",
        Bytes.wrap(value),
        reader -> {
          BlobReference content = BlobCodec.readReference(reader);
          if (!content.id().equals(key.id())) {
            throw reader.corrupt("blob " + content.id() + " where " + key + " should be");
          }
          long references = reader.i64();
          return new BlobState(key.storage(), content, references, reader.i64());
        });
  }

  /** The data shares the array {@code value}. */
  static StoredRevision decodeRevision(Oid oid, Tid tid, byte[] value) {
    return ByteReader.readWhole(
        "revision",
        Bytes.wrap(value),
        reader -> {
          int kind = reader.u8();
          return switch (kind) {
            case KIND_DATA -> StoredRevision.data(oid, tid, reader.rest());
            case KIND_SHARED -> StoredRevision.shared(oid, tid, reader.tid());
            case KIND_ABSENT -> StoredRevision.absent(oid, tid);
            case KIND_DATA_WITH_BLOB -> {
              BlobReference blob = BlobCodec.readReference(reader);
              yield StoredRevision.data(oid, tid, reader.rest(), blob);
            }
            case KIND_STAGED ->
                StoredRevision.written(oid, tid, null, null, StagedDataCodec.read(reader));
            case KIND_STAGED_WITH_BLOB -> {
              StagedData staged = StagedDataCodec.read(reader);
              BlobReference blob = BlobCodec.readReference(reader);
              yield StoredRevision.written(oid, tid, null, blob, staged);
            }
            default -> throw reader.unknown("revision kind " + kind);
          };
        });
  }

  /**
   * Whether a revision is of the kind ABSENT.
   *
   * @param kind the first byte of the revision
   */
  static boolean isAbsent(byte kind) {
    if (kind < KIND_DATA || kind > KIND_STAGED_WITH_BLOB) {
      throw new UnknownFormatException("revision: unknown revision kind " + kind);
    }
    return kind == KIND_ABSENT;
  }

  static byte[] encode(TransactionRecord transaction) {
    TransactionMetadata metadata = transaction.metadata();
    int oidBytes = Math.multiplyExact(Long.BYTES, transaction.oids().size());
    ByteWriter writer =
        new ByteWriter(TRANSACTION_FIXED_BYTES + ByteWriter.sizeOfMetadata(metadata) + oidBytes);
    writer.u16(transaction.status()).transactionId(transaction.id());
    writer.i64(transaction.sizeBytes()).metadata(metadata).i32(transaction.oids().size());
    transaction.oids().forEach(writer::oid);
    return writer.finish();
  }

  static TransactionRecord decodeTransaction(Tid tid, byte[] value) {
    return ByteReader.readWhole(
        "transaction",
        Bytes.wrap(value),
        reader -> {
          char status = (char) reader.u16();
          TransactionId id = reader.transactionId();
          long sizeBytes = reader.i64();
          TransactionMetadata metadata = reader.metadata();
          List<Oid> oids = reader.list(Long.BYTES, reader::oid);
          return new TransactionRecord(tid, status, metadata, oids, sizeBytes, id);
        });
  }

  static byte[] encode(ExpiringOutcome remembered) {
    byte[] outcome = OutcomeCodec.encode(remembered.outcome());
    return new ByteWriter(Long.BYTES + outcome.length)
        .i64(remembered.expiresMillis())
        .raw(Bytes.wrap(outcome))
        .finish();
  }

  static ExpiringOutcome decodeOutcome(TransactionId id, byte[] value) {
    return ByteReader.readWhole(
        "remembered outcome",
        Bytes.wrap(value),
        reader -> {
          long expiresMillis = reader.i64();
          return new ExpiringOutcome(
              id, OutcomeCodec.decodeTransactionOutcome(reader.rest()), expiresMillis);
        });
  }

  static byte[] encode(GroupState group) {
    return new ByteWriter(GROUP_BYTES)
        .i64(group.applied().term())
        .i64(group.applied().index())
        .i32(group.nextStorageId())
        .i64(group.logTimeMillis())
        .finish();
  }

  static GroupState decodeGroup(byte[] value) {
    return ByteReader.readWhole(
        "group state",
        Bytes.wrap(value),
        reader -> {
          LogPosition applied = new LogPosition(reader.i64(), reader.i64());
          int nextStorageId = reader.i32();
          return new GroupState(applied, nextStorageId, reader.i64());
        });
  }

  static byte[] encode(StorageState state) {
    ByteWriter writer = new ByteWriter(StorageStateCodec.encodedSize(state));
    StorageStateCodec.write(writer, state);
    return writer.finish();
  }

  static StorageState decodeStorage(byte[] value) {
    return ByteReader.readWhole("storage state", Bytes.wrap(value), StorageStateCodec::read);
  }

  static byte[] encode(PackState state) {
    ByteWriter writer = new ByteWriter(PackStateCodec.encodedSize(state));
    PackStateCodec.write(writer, state);
    return writer.finish();
  }

  static PackState decodePack(byte[] value) {
    return ByteReader.readWhole("pack state", Bytes.wrap(value), PackStateCodec::read);
  }

  static byte[] encodeFormat(int version) {
    return new ByteWriter(Integer.BYTES).i32(version).finish();
  }

  static int decodeFormat(byte[] value) {
    return ByteReader.readWhole("format version", Bytes.wrap(value), ByteReader::i32);
  }
}
