package io.troika.server.core.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.errorprone.annotations.Immutable;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;

/**
 * An immutable run of bytes. Wrapping does not copy: whoever wraps an array gives it away and must
 * not change it afterwards.
 */
@Immutable
@SuppressWarnings("Immutable") // the array is private and never written; see the class comment
public final class Bytes implements Comparable<Bytes> {
  public static final Bytes EMPTY = new Bytes(new byte[0], 0, 0);

  private final byte[] array;
  private final int offset;
  private final int length;

  private Bytes(byte[] array, int offset, int length) {
    this.array = array;
    this.offset = offset;
    this.length = length;
  }

  /** The whole array, not copied. */
  public static Bytes wrap(byte[] array) {
    return array.length == 0 ? EMPTY : new Bytes(array, 0, array.length);
  }

  /** A part of the array, not copied. */
  public static Bytes wrap(byte[] array, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, array.length);
    return new Bytes(array, offset, length);
  }

  /** A copy of what remains in the buffer, whose position is left alone. */
  public static Bytes copyOf(ByteBuffer buffer) {
    byte[] copy = new byte[buffer.remaining()];
    buffer.duplicate().get(copy);
    return wrap(copy);
  }

  /** The text in UTF-8. */
  public static Bytes utf8(String text) {
    return wrap(text.getBytes(UTF_8));
  }

  public int size() {
    return length;
  }

  public boolean isEmpty() {
    return length == 0;
  }

  public byte at(int index) {
    Objects.checkIndex(index, length);
    return array[offset + index];
  }

  /** A part of these bytes, sharing the array. */
  public Bytes slice(int from, int size) {
    Objects.checkFromIndexSize(from, size, length);
    return new Bytes(array, offset + from, size);
  }

  /** A fresh array. */
  public byte[] toByteArray() {
    return Arrays.copyOfRange(array, offset, offset + length);
  }

  /** Reads bytes that lie in an array, and neither changes that nor lets anybody change it. */
  @FunctionalInterface
  public interface ArrayReader {
    void read(byte[] array, int offset, int length);
  }

  /**
   * Shows the bytes where they are. For checksums, digests and buffers of other libraries, which
   * mostly take a copy of what is in a read-only buffer first.
   */
  public void read(ArrayReader reader) {
    reader.read(array, offset, length);
  }

  /** Makes another library's bytes of an array, which must not be changed through them. */
  @FunctionalInterface
  public interface ArrayWrapper<T> {
    T wrap(byte[] array, int offset, int length);
  }

  /** The bytes as others know them, not copied. */
  public <T> T wrapped(ArrayWrapper<T> wrapper) {
    return wrapper.wrap(array, offset, length);
  }

  /** A read-only view, not copied. */
  public ByteBuffer asByteBuffer() {
    return ByteBuffer.wrap(array, offset, length).slice().asReadOnlyBuffer();
  }

  /** Read as UTF-8; what is not valid becomes U+FFFD. For people, not for storing. */
  public String toUtf8() {
    return new String(array, offset, length, UTF_8);
  }

  @Override
  public int compareTo(Bytes other) {
    return Arrays.compareUnsigned(
        array, offset, offset + length, other.array, other.offset, other.offset + other.length);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Bytes that
        && Arrays.equals(
            array, offset, offset + length, that.array, that.offset, that.offset + that.length);
  }

  @Override
  public int hashCode() {
    int hash = 1;
    for (int i = offset; i < offset + length; i++) {
      hash = 31 * hash + array[i];
    }
    return hash;
  }

  /** The size only: payloads never reach a log. */
  @Override
  public String toString() {
    return length + " bytes";
  }
}
