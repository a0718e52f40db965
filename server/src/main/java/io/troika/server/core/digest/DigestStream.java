package io.troika.server.core.digest;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Sha256;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.UUID;

/**
 * SHA-256 over typed fields. Numbers are eight bytes, big-endian; bytes and text are preceded by
 * their length, so no two sequences of fields give the same input.
 */
final class DigestStream {
  private final MessageDigest sha256 = Sha256.start();
  private final ByteBuffer number = ByteBuffer.allocate(Long.BYTES);

  DigestStream put(long value) {
    number.clear();
    number.putLong(value).flip();
    sha256.update(number);
    return this;
  }

  DigestStream put(Bytes bytes) {
    put(bytes.size());
    bytes.read(sha256::update);
    return this;
  }

  DigestStream put(String text) {
    return put(Bytes.wrap(text.getBytes(UTF_8)));
  }

  DigestStream put(UUID uuid) {
    return put(uuid.getMostSignificantBits()).put(uuid.getLeastSignificantBits());
  }

  /** Ends the stream. */
  Bytes sha256() {
    return Bytes.wrap(sha256.digest());
  }
}
