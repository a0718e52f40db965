package io.troika.server.core.model;

import static io.troika.server.core.model.Checks.requireArgument;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the data of a record lies that was staged ahead of its transaction: a run of bytes in a
 * blob that nobody reads as a whole, the <em>stage</em>.
 *
 * @param chunkBytes the size of the chunks of the stage, but for the last
 * @param offset in the stage
 * @param length 1 or more: what is empty needs no stage
 */
public record StagedData(BlobId stage, int chunkBytes, long offset, int length) {
  public StagedData {
    requireArgument(
        chunkBytes >= 1 && chunkBytes <= BlobReference.CHUNK_BYTES_MAX,
        "stage %s: chunks of %s bytes, expected 1 to %s",
        stage,
        chunkBytes,
        BlobReference.CHUNK_BYTES_MAX);
    requireArgument(
        length >= 1 && offset >= 0 && offset <= Long.MAX_VALUE - length,
        "stage %s: %s bytes at %s, expected 1 or more at 0 or later",
        stage,
        length,
        offset);
    requireArgument(
        (offset + length - 1) / chunkBytes < Integer.MAX_VALUE,
        "stage %s: %s is too far for chunks of %s bytes",
        stage,
        offset,
        chunkBytes);
  }

  /** Whether it lies in what is staged there. */
  public boolean isWithin(BlobReference staged) {
    return stage.equals(staged.id())
        && chunkBytes == staged.chunkBytes()
        && offset + length <= staged.length();
  }

  /** The stage that it names, or null when none of these is it. */
  public @Nullable BlobReference in(List<BlobReference> stages) {
    for (BlobReference each : stages) {
      if (each.id().equals(stage)) {
        return each;
      }
    }
    return null;
  }

  /** Where chunks of blobs are. */
  @FunctionalInterface
  public interface Chunks {
    /** Null if it is not there. */
    @Nullable Bytes chunk(BlobKey blob, int number);
  }

  /**
   * The bytes.
   *
   * @param storage of the stage
   * @return null if not all of them are there (any longer)
   */
  public @Nullable Bytes read(StorageId storage, Chunks chunks) {
    BlobKey key = new BlobKey(storage, stage);
    int chunk = (int) (offset / chunkBytes);
    int from = (int) (offset % chunkBytes);
    Bytes first = chunks.chunk(key, chunk);
    if (first != null && from + (long) length <= first.size()) {
      return first.slice(from, length);
    }
    byte[] data = new byte[length];
    int done = 0;
    for (Bytes next = first; next != null; next = chunks.chunk(key, chunk)) {
      int size = Math.min(length - done, next.size() - from);
      if (size <= 0) {
        return null;
      }
      next.slice(from, size).asByteBuffer().get(data, done, size);
      done += size;
      if (done == length) {
        return Bytes.wrap(data);
      }
      from = 0;
      chunk++;
    }
    return null;
  }
}
