package io.troika.server.backup;

import static io.troika.server.core.model.Checks.checkInvariant;

import io.troika.server.core.command.Command.RestoredRevision;
import io.troika.server.core.command.Command.RestoredTransaction;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.log.ByteReader;
import io.troika.server.log.ByteWriter;
import java.util.List;
import java.util.UUID;

/**
 * The bytes of a segment; big-endian.
 *
 * <pre>{@code
 * segment  magic 8 "TROIKABK", version 1, frames: one head, any number of blocks, one end
 * frame    kind 1, length of the body 4, body, CRC32C of kind, length and body 4
 *
 * 1 head   uuid 16, epoch 8, after 8: which history, and which of its transactions it goes on from
 * 2 block  length of the text 4, the text deflated (RFC 1950): count 4, n * transaction, with
 *          transaction = tid 8, status 2, user, description, extension (each length 2, bytes),
 *                        count 4, n * (oid 8, form 1: 0 absent | 1 length 4, data | 2 data tid 8)
 * 3 end    transactions 8, records 8, last 8: of the whole segment
 * }</pre>
 *
 * <p>Frames of kind 4 are kept for the chunks of blobs, form 3 for data that comes with one: both
 * ahead of the transaction that they belong to. A kind, form or version that is not known stops the
 * reader; what changes gets a new number.
 */
final class SegmentFormat {
  static final Bytes MAGIC = Bytes.utf8("TROIKABK");
  static final int VERSION = 1;
  static final int START_BYTES = 8 + 1;

  static final int HEAD = 1;
  static final int BLOCK = 2;
  static final int END = 3;

  static final int FRAME_HEAD_BYTES = 1 + Integer.BYTES;
  static final int HEAD_BYTES = ByteWriter.UUID_BYTES + 2 * Long.BYTES;
  static final int END_BYTES = 3 * Long.BYTES;

  private static final int FORM_ABSENT = 0;
  private static final int FORM_DATA = 1;
  private static final int FORM_SHARED = 2;
  static final int TRANSACTION_BYTES_MIN =
      Long.BYTES
          + Short.BYTES
          + ByteWriter.sizeOfMetadata(TransactionMetadata.EMPTY)
          + Integer.BYTES;

  private static final int RECORD_BYTES_MIN = Long.BYTES + 1;

  private SegmentFormat() {}

  /** The first frame. */
  record Head(UUID uuid, long epoch, Tid after) {
    Bytes encode() {
      return Bytes.wrap(new ByteWriter(HEAD_BYTES).uuid(uuid).i64(epoch).tid(after).finish());
    }

    static Head read(ByteReader reader) {
      UUID uuid = reader.uuid();
      long epoch = reader.i64();
      return new Head(uuid, epoch, reader.tid());
    }
  }

  /** The last frame. */
  record End(long transactions, long records, Tid last) {
    Bytes encode() {
      return Bytes.wrap(
          new ByteWriter(END_BYTES).i64(transactions).i64(records).tid(last).finish());
    }

    static End read(ByteReader reader) {
      long transactions = reader.i64();
      long records = reader.i64();
      return new End(transactions, records, reader.tid());
    }
  }

  static byte[] encode(RestoredTransaction transaction) {
    ByteWriter writer = new ByteWriter(size(transaction));
    writer.tid(transaction.tid()).u16(transaction.status()).metadata(transaction.metadata());
    writer.i32(transaction.revisions().size());
    for (RestoredRevision revision : transaction.revisions()) {
      checkInvariant(revision.blob() == null, "oid %s: a segment has no blobs", revision.oid());
      writer.oid(revision.oid());
      if (revision.data() != null) {
        writer.u8(FORM_DATA).bytes32(revision.data());
      } else if (revision.dataTid() != null) {
        writer.u8(FORM_SHARED).tid(revision.dataTid());
      } else {
        writer.u8(FORM_ABSENT);
      }
    }
    return writer.finish();
  }

  private static int size(RestoredTransaction transaction) {
    long size = Long.BYTES + Short.BYTES + Integer.BYTES;
    size += ByteWriter.sizeOfMetadata(transaction.metadata());
    for (RestoredRevision revision : transaction.revisions()) {
      size += RECORD_BYTES_MIN;
      if (revision.data() != null) {
        size += ByteWriter.sizeOfBytes32(revision.data());
      } else if (revision.dataTid() != null) {
        size += Long.BYTES;
      }
    }
    return Math.toIntExact(size);
  }

  static RestoredTransaction read(ByteReader reader) {
    Tid tid = reader.tid();
    char status = (char) reader.u16();
    TransactionMetadata metadata = reader.metadata();
    List<RestoredRevision> revisions = reader.list(RECORD_BYTES_MIN, () -> readRevision(reader));
    return new RestoredTransaction(tid, status, metadata, revisions);
  }

  private static RestoredRevision readRevision(ByteReader reader) {
    Oid oid = reader.oid();
    int form = reader.u8();
    return switch (form) {
      case FORM_ABSENT -> new RestoredRevision(oid, null, null);
      case FORM_DATA -> new RestoredRevision(oid, reader.bytes32(), null);
      case FORM_SHARED -> new RestoredRevision(oid, null, reader.tid());
      default -> throw reader.unknown("form " + form + " of oid " + oid);
    };
  }
}
