package io.troika.server.references;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.troika.server.core.pack.UnreadableReferencesException;

/** The bytes of pickles, read from front to end; every length is checked against what is left. */
final class PickleBytes {
  private final byte[] bytes;
  private int position;

  PickleBytes(byte[] bytes) {
    this.bytes = bytes;
  }

  boolean isAtEnd() {
    return position == bytes.length;
  }

  int position() {
    return position;
  }

  int u8() throws UnreadableReferencesException {
    require(1);
    return bytes[position++] & 0xff;
  }

  void skip(int count) throws UnreadableReferencesException {
    require(count);
    position += count;
  }

  /**
   * Unsigned, little-endian, of 1, 2, 4 or 8 bytes; as a length: what is larger cannot be there.
   */
  int length(int size) throws UnreadableReferencesException {
    require(size);
    long value = 0;
    for (int i = 0; i < size; i++) {
      value |= (bytes[position + i] & 0xffL) << (8 * i);
    }
    position += size;
    if (value < 0 || value > Integer.MAX_VALUE) {
      throw unreadable("a length or number of " + Long.toUnsignedString(value));
    }
    return (int) value;
  }

  /** A run of bytes with its length before it, as one character a byte. */
  String counted(int lengthSize) throws UnreadableReferencesException {
    int length = length(lengthSize);
    require(length);
    // Only what may be part of a persistent id is looked at.
    String text =
        length > PickleScanner.TEXT_LENGTH_MAX
            ? ""
            : new String(bytes, position, length, ISO_8859_1);
    position += length;
    return text;
  }

  /** Up to the end of the line, without it. */
  String line() throws UnreadableReferencesException {
    int start = position;
    while (position < bytes.length && bytes[position] != '\n') {
      position++;
    }
    require(1);
    return new String(bytes, start, position++ - start, ISO_8859_1);
  }

  UnreadableReferencesException unreadable(String found) {
    return new UnreadableReferencesException(found + " at byte " + position + " of its pickles");
  }

  private void require(int count) throws UnreadableReferencesException {
    if (count < 0 || bytes.length - position < count) {
      throw unreadable("the end");
    }
  }
}
