package io.troika.server.core.model;

import static io.troika.server.core.model.Checks.requireArgument;

/**
 * A blob and what is in it. Its bytes lie in chunks: each of {@code chunkBytes}, the last one of
 * less perhaps.
 *
 * @param length in bytes, 0 or more
 * @param chunkBytes 1 to {@link #CHUNK_BYTES_MAX}
 * @param digest {@link #DIGEST_BYTES} bytes: {@link BlobDigest} of the chunks
 */
public record BlobReference(BlobId id, long length, int chunkBytes, Bytes digest) {
  public static final int CHUNK_BYTES_MAX = 1 << 20;
  public static final int DIGEST_BYTES = 32;

  public BlobReference {
    requireArgument(length >= 0, "blob %s: a length of %s", id, length);
    requireArgument(
        chunkBytes >= 1 && chunkBytes <= CHUNK_BYTES_MAX,
        "blob %s: chunks of %s bytes, expected 1 to %s",
        id,
        chunkBytes,
        CHUNK_BYTES_MAX);
    requireArgument(
        (length + chunkBytes - 1) / chunkBytes <= Integer.MAX_VALUE,
        "blob %s: %s bytes are too many chunks of %s",
        id,
        length,
        chunkBytes);
    requireArgument(
        digest.size() == DIGEST_BYTES, "blob %s: a digest of %s bytes", id, digest.size());
  }

  /** A blob of which nothing has come yet. */
  public static BlobReference empty(BlobId id, int chunkBytes) {
    return new BlobReference(id, 0, chunkBytes, BlobDigest.EMPTY);
  }

  /** The blob with one more chunk at its end. */
  public BlobReference with(Bytes chunk) {
    return new BlobReference(
        id, length + chunk.size(), chunkBytes, BlobDigest.after(digest, chunk));
  }

  public int chunkCount() {
    return Math.toIntExact((length + chunkBytes - 1) / chunkBytes);
  }

  /** Whether the other has the same bytes, in chunks of the same size. */
  public boolean hasContentOf(BlobReference other) {
    return length == other.length && chunkBytes == other.chunkBytes && digest.equals(other.digest);
  }
}
