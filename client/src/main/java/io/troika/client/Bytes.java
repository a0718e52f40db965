package io.troika.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.errorprone.annotations.Immutable;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * An immutable run of bytes: what objects are made of. A cached read hands out the cached bytes
 * themselves, so there is no copy and nothing that a reader could change.
 */
@Immutable
public final class Bytes {
  /** No bytes at all; a valid object. */
  public static final Bytes EMPTY = new Bytes(new byte[0]);

  @SuppressWarnings("Immutable") // private and never written
  private final byte[] array;

  private Bytes(byte[] array) {
    this.array = array;
  }

  /** A copy of the array. */
  public static Bytes copyOf(byte[] array) {
    return wrap(array.clone());
  }

  /** A copy of what remains in the buffer, whose position is left alone. */
  public static Bytes copyOf(ByteBuffer buffer) {
    byte[] copy = new byte[buffer.remaining()];
    buffer.duplicate().get(copy);
    return wrap(copy);
  }

  /** The array itself, not copied: who wraps an array gives it away and must not change it. */
  public static Bytes wrap(byte[] array) {
    return array.length == 0 ? EMPTY : new Bytes(array);
  }

  /** The text in UTF-8. */
  public static Bytes utf8(String text) {
    return wrap(text.getBytes(UTF_8));
  }

  /** How many bytes there are. */
  public int size() {
    return array.length;
  }

  /** Whether there are none. */
  public boolean isEmpty() {
    return array.length == 0;
  }

  /** The byte at {@code index}, from 0. */
  public byte at(int index) {
    return array[index];
  }

  /** A fresh array. */
  public byte[] toByteArray() {
    return array.clone();
  }

  /** A read-only view, not copied. */
  public ByteBuffer asByteBuffer() {
    return ByteBuffer.wrap(array).asReadOnlyBuffer();
  }

  /** Read as UTF-8; what is not valid becomes U+FFFD. */
  public String toUtf8() {
    return new String(array, UTF_8);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Bytes that && Arrays.equals(array, that.array);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(array);
  }

  /** The size only: payloads never reach a log. */
  @Override
  public String toString() {
    return array.length + " bytes";
  }
}
