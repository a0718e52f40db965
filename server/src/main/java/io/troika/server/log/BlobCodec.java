package io.troika.server.log;

import static io.troika.server.log.ByteWriter.TRANSACTION_ID_BYTES;

import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.BlobReference;

/**
 * References to blobs, as they stand in commands, outcomes and on disk.
 *
 * <pre>{@code
 * blob id    id 24, part 4
 * reference  blob id, length 8, chunk bytes 4, digest 32
 * }</pre>
 */
public final class BlobCodec {
  public static final int ID_BYTES = TRANSACTION_ID_BYTES + Integer.BYTES;
  public static final int REFERENCE_BYTES =
      ID_BYTES + Long.BYTES + Integer.BYTES + BlobReference.DIGEST_BYTES;

  private BlobCodec() {}

  static void write(ByteWriter writer, BlobId id) {
    writer.transactionId(id.transaction()).i32(id.part());
  }

  public static BlobId readId(ByteReader reader) {
    return new BlobId(reader.transactionId(), reader.i32());
  }

  public static void write(ByteWriter writer, BlobReference blob) {
    write(writer, blob.id());
    writer.i64(blob.length()).i32(blob.chunkBytes()).raw(blob.digest());
  }

  public static BlobReference readReference(ByteReader reader) {
    BlobId id = readId(reader);
    long length = reader.i64();
    int chunkBytes = reader.i32();
    return new BlobReference(id, length, chunkBytes, reader.raw(BlobReference.DIGEST_BYTES));
  }
}
