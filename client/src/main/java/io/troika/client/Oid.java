package io.troika.client;

import io.troika.client.internal.Hex;

/**
 * An object id: 8 bytes, compared as an unsigned big-endian number, as in ZODB.
 *
 * @param value the eight bytes as a number; read it as unsigned
 */
public record Oid(long value) implements Comparable<Oid> {
  /** The root object of a storage, by ZODB's convention. */
  public static final Oid ROOT = new Oid(0);

  /** The last oid there is, {@code 0xffffffffffffffff}. */
  public static final Oid MAX = new Oid(-1L);

  /**
   * Parses what {@link #toString} writes, with or without the {@code 0x}.
   *
   * @throws IllegalArgumentException if it is not 1 to 16 hexadecimal digits
   */
  public static Oid parse(String text) {
    return new Oid(Hex.parse("oid", text));
  }

  @Override
  public int compareTo(Oid other) {
    return Long.compareUnsigned(value, other.value);
  }

  @Override
  public int hashCode() {
    return Long.hashCode(value);
  }

  @Override
  public String toString() {
    return "0x" + Long.toHexString(value);
  }
}
