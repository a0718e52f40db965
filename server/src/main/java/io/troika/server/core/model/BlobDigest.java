package io.troika.server.core.model;

import java.security.MessageDigest;

/**
 * The digest of a blob, taken chunk by chunk: 32 zero bytes for no chunk, then for each chunk
 * SHA-256 of (digest so far, chunk). Unlike SHA-256 of the whole it can be kept in 32 bytes between
 * two chunks, so whoever appends need not read what is there.
 */
public final class BlobDigest {
  public static final Bytes EMPTY = Bytes.wrap(new byte[BlobReference.DIGEST_BYTES]);

  private BlobDigest() {}

  /** The digest with one more chunk; an empty one changes nothing. */
  public static Bytes after(Bytes digest, Bytes chunk) {
    if (chunk.isEmpty()) {
      return digest;
    }
    MessageDigest sha256 = Sha256.start();
    digest.read(sha256::update);
    chunk.read(sha256::update);
    return Bytes.wrap(sha256.digest());
  }
}
