package io.troika.server.log;

import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.StagedData;

/**
 * Where the data of a record lies in what was staged, on disk.
 *
 * <pre>{@code
 * staged data  blob id as BlobCodec writes it, chunk bytes 4, offset 8, length 4
 * }</pre>
 */
public final class StagedDataCodec {
  public static final int BYTES = BlobCodec.ID_BYTES + 2 * Integer.BYTES + Long.BYTES;

  private StagedDataCodec() {}

  public static void write(ByteWriter writer, StagedData staged) {
    BlobCodec.write(writer, staged.stage());
    writer.i32(staged.chunkBytes()).i64(staged.offset()).i32(staged.length());
  }

  public static StagedData read(ByteReader reader) {
    BlobId stage = BlobCodec.readId(reader);
    int chunkBytes = reader.i32();
    long offset = reader.i64();
    return new StagedData(stage, chunkBytes, offset, reader.i32());
  }
}
