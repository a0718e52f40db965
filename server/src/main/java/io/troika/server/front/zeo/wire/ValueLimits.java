package io.troika.server.front.zeo.wire;

/**
 * What one message of a client may cost beside its bytes. Real clients stay far below: a
 * transaction extension is the only value that nests at all.
 */
final class ValueLimits {
  /** Containers in containers. */
  static final int DEPTH_MAX = 64;

  /** Values in one message, so that a frame of one-byte values does not become gigabytes. */
  static final int ITEMS_MAX = 100_000;

  /** Beyond any number that a client counts with, and quick to convert. */
  static final int INTEGER_BYTES_MAX = 255;

  private ValueLimits() {}
}
