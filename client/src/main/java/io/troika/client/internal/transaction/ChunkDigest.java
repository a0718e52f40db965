package io.troika.client.internal.transaction;

import io.troika.api.v1.StagedBlob;
import io.troika.client.Bytes;
import io.troika.client.internal.codec.ValueCodec;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The digest of a blob, chunk by chunk, as {@code object_store.proto} defines it for {@code
 * StagedBlob}.
 */
final class ChunkDigest {
  private final MessageDigest sha256;
  private byte[] digest;

  ChunkDigest() {
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
    digest = new byte[sha256.getDigestLength()];
  }

  /** Takes the next chunk. */
  void add(ByteBuffer chunk) {
    if (chunk.hasRemaining()) {
      sha256.update(digest);
      sha256.update(chunk);
      digest = sha256.digest();
    }
  }

  /**
   * Whether the bytes taken here, and no others, are staged in chunks as this client sends them.
   *
   * @param length of all that was taken
   */
  boolean isOf(StagedBlob staged, long length) {
    return staged.getLength() == length
        && staged.getChunkBytes() == BlobUploader.CHUNK_BYTES
        && ValueCodec.bytes(staged.getDigest()).equals(value());
  }

  Bytes value() {
    return Bytes.copyOf(digest);
  }
}
