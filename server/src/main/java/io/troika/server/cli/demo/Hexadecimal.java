package io.troika.server.cli.demo;

import io.troika.client.Bytes;
import java.util.HexFormat;

/** Digests as people compare them. */
final class Hexadecimal {
  private static final int PREFIX_BYTES = 8;

  private Hexadecimal() {}

  /** The first bytes of a digest. */
  static String prefix(Bytes digest) {
    byte[] bytes = digest.toByteArray();
    return HexFormat.of().formatHex(bytes, 0, Math.min(PREFIX_BYTES, bytes.length)) + "…";
  }
}
