package io.troika.server.backup;

import static io.troika.server.core.model.Checks.checkInvariant;
import static io.troika.server.core.model.Checks.requireArgument;

import io.troika.server.core.command.Command.RestoredRevision;
import io.troika.server.core.command.Command.RestoredTransaction;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.log.ByteReader;
import io.troika.server.log.ByteWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * The bytes of a segment; big-endian.
 *
 * <pre>{@code
 * segment  magic 8 "TROIKABK", version 1, frames: one head, any number of blocks and of parts
 *          of blobs, one end
 * frame    kind 1, length of the body 4, body, CRC32C of kind, length and body 4
 *
 * 1 head   uuid 16, epoch 8, after 8: which history, and which of its transactions it goes on from
 * 2 block  length of the text 4, the text deflated (RFC 1950): count 4, n * transaction, with
 *          transaction = tid 8, status 2, user, description, extension (each length 2, bytes),
 *                        count 4, n * (oid 8, form 1: 0 absent | 1 length 4, data | 2 data tid 8
 *                             | 3 length 4, data, position 8, length 8, SHA-256 32: with a blob)
 * 3 end    transactions 8, records 8, last 8: of the whole segment
 * 4 blob   tid 8, oid 8, offset 8, bytes: 1 MiB at most, none for an empty blob only
 * }</pre>
 *
 * <p>The parts of a blob follow one another, and all blobs of a transaction come ahead of the block
 * that it is in, behind the block before; form 3 says at which position in the file the first part
 * begins. Blobs are not deflated: most are pictures and archives.
 *
 * <p>A kind, form or version that is not known stops the reader; what changes gets a new number.
 */
final class SegmentFormat {
  static final Bytes MAGIC = Bytes.utf8("TROIKABK");
  static final int VERSION = 1;
  static final int START_BYTES = 8 + 1;

  static final int HEAD = 1;
  static final int BLOCK = 2;
  static final int END = 3;
  static final int BLOB = 4;

  static final int FRAME_HEAD_BYTES = 1 + Integer.BYTES;
  static final int HEAD_BYTES = ByteWriter.UUID_BYTES + 2 * Long.BYTES;
  static final int END_BYTES = 3 * Long.BYTES;

  private static final int FORM_ABSENT = 0;
  private static final int FORM_DATA = 1;
  private static final int FORM_SHARED = 2;
  private static final int FORM_BLOB = 3;
  private static final int BLOB_PLACE_BYTES = 2 * Long.BYTES + BlobReference.DIGEST_BYTES;
  private static final int BLOB_PART_HEAD_BYTES = 3 * Long.BYTES;

  /** So many bytes of a blob are in one frame. */
  static final int BLOB_PART_BYTES = 1 << 20;

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

  /** Some bytes of a blob. */
  record BlobPart(Tid tid, Oid oid, long offset, Bytes data) {
    BlobPart {
      requireArgument(
          offset == 0 || (offset > 0 && !data.isEmpty()),
          "%s bytes of a blob at %s",
          data.size(),
          offset);
    }

    /** Where the blob begins; the data is not known. */
    static BlobPart first(BackupBlob blob) {
      return new BlobPart(blob.tid(), blob.oid(), 0, Bytes.EMPTY);
    }

    Bytes encode() {
      return Bytes.wrap(
          new ByteWriter(BLOB_PART_HEAD_BYTES + data.size())
              .tid(tid)
              .oid(oid)
              .i64(offset)
              .raw(data)
              .finish());
    }

    @Override
    public String toString() {
      return "oid %s of %s, %s bytes at %s".formatted(oid, tid, data.size(), offset);
    }
  }

  static BlobPart readBlobPart(ByteReader reader) {
    Tid tid = reader.tid();
    Oid oid = reader.oid();
    long offset = reader.i64();
    return new BlobPart(tid, oid, offset, reader.rest());
  }

  /** Writes a transaction piece by piece: nothing of its data is copied. */
  static void encode(BackupTransaction stored, OutputStream out) throws IOException {
    RestoredTransaction transaction = stored.transaction();
    TransactionMetadata metadata = transaction.metadata();
    out.write(
        new ByteWriter(TRANSACTION_BYTES_MIN + metadata.sizeBytes())
            .tid(transaction.tid())
            .u16(transaction.status())
            .metadata(metadata)
            .i32(transaction.revisions().size())
            .finish());
    for (RestoredRevision revision : transaction.revisions()) {
      BackupBlob blob = stored.blobs().get(revision.oid());
      checkInvariant(
          revision.staged() == null, "oid %s: a segment has all data in it", revision.oid());
      ByteWriter writer = new ByteWriter(RECORD_BYTES_MIN + Long.BYTES).oid(revision.oid());
      if (revision.data() != null) {
        write(out, writer.u8(blob == null ? FORM_DATA : FORM_BLOB).i32(revision.data().size()));
        write(out, revision.data());
        if (blob != null) {
          ByteWriter place = new ByteWriter(BLOB_PLACE_BYTES);
          write(out, place.i64(blob.position()).i64(blob.length()).raw(blob.sha256()));
        }
      } else if (revision.dataTid() != null) {
        write(out, writer.u8(FORM_SHARED).tid(revision.dataTid()));
      } else {
        write(out, writer.u8(FORM_ABSENT));
      }
    }
  }

  private static void write(OutputStream out, ByteWriter written) throws IOException {
    write(out, written.written());
  }

  static void write(OutputStream out, Bytes bytes) throws IOException {
    ByteBuffer there = bytes.wrapped(ByteBuffer::wrap);
    out.write(there.array(), there.arrayOffset() + there.position(), there.remaining());
  }

  /** What a transaction takes in a block; each of its blobs takes 48 more. */
  static long sizeBytes(RestoredTransaction transaction) {
    long size = TRANSACTION_BYTES_MIN;
    size += transaction.metadata().sizeBytes();
    for (RestoredRevision revision : transaction.revisions()) {
      size += RECORD_BYTES_MIN;
      if (revision.data() != null) {
        size += ByteWriter.sizeOfBytes32(revision.data());
      } else if (revision.dataTid() != null) {
        size += Long.BYTES;
      }
    }
    return size;
  }

  /**
   * @param segment the file that is read
   */
  static BackupTransaction read(ByteReader reader, Path segment) {
    Tid tid = reader.tid();
    char status = (char) reader.u16();
    TransactionMetadata metadata = reader.metadata();
    Map<Oid, BackupBlob> blobs = new HashMap<>();
    List<RestoredRevision> revisions =
        reader.list(RECORD_BYTES_MIN, () -> readRevision(reader, segment, tid, blobs));
    return new BackupTransaction(new RestoredTransaction(tid, status, metadata, revisions), blobs);
  }

  private static RestoredRevision readRevision(
      ByteReader reader, Path segment, Tid tid, Map<Oid, BackupBlob> blobs) {
    Oid oid = reader.oid();
    int form = reader.u8();
    return switch (form) {
      case FORM_ABSENT -> new RestoredRevision(oid, null, null);
      case FORM_DATA -> new RestoredRevision(oid, reader.bytes32(), null);
      case FORM_SHARED -> new RestoredRevision(oid, null, reader.tid());
      case FORM_BLOB -> {
        Bytes data = reader.bytes32();
        long position = reader.i64();
        long length = reader.i64();
        Bytes sha256 = reader.raw(BlobReference.DIGEST_BYTES);
        blobs.put(oid, new BackupBlob(segment, tid, oid, position, length, sha256));
        yield new RestoredRevision(oid, data, null);
      }
      default -> throw reader.unknown("form " + form + " of oid " + oid);
    };
  }
}
