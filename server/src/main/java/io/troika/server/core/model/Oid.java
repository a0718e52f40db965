package io.troika.server.core.model;

import static io.troika.server.core.model.Checks.requireArgument;

/**
 * An object id: 8 bytes, compared as an unsigned big-endian number, as in ZODB. The root object of
 * a storage is {@link #ROOT}.
 *
 * @param value the eight bytes as a number; read it as unsigned
 */
public record Oid(long value) implements Comparable<Oid> {
  public static final Oid ROOT = new Oid(0);

  /** The last oid there is, {@code 0xffffffffffffffff}. */
  public static final Oid MAX = new Oid(-1L);

  /** Parses what {@link #toString} writes, with or without the {@code 0x}. */
  public static Oid parse(String text) {
    return new Oid(Hex.parse("oid", text));
  }

  /** The next oid. Fails on {@link #MAX}. */
  public Oid next() {
    requireArgument(!equals(MAX), "there is no oid after %s", this);
    return new Oid(value + 1);
  }

  @Override
  public int compareTo(Oid other) {
    return Long.compareUnsigned(value, other.value);
  }

  @Override
  public String toString() {
    return "0x" + Long.toHexString(value);
  }
}
