package io.troika.it.bench;

import java.util.Random;

/** Bytes to write: the same in every system, and not compressible. */
final class Payload {
  private Payload() {}

  static byte[] ofBytes(int size) {
    byte[] bytes = new byte[size];
    new Random(42).nextBytes(bytes);
    return bytes;
  }
}
