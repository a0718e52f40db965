package io.troika.server.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Reads what {@link ByteWriter} wrote, trusting nothing: every length is compared with what remains
 * before anything is allocated, so damaged bytes cost at most a small multiple of their own size.
 * Payloads are not copied; they share the array that is read from. Not safe for several threads.
 */
public final class ByteReader {
  private final String what;
  private final Bytes source;
  private final ByteBuffer view;

  /**
   * @param what names the thing in error messages: {@code log entry}
   */
  public ByteReader(String what, Bytes source) {
    this.what = what;
    this.source = source;
    this.view = source.asByteBuffer();
  }

  /**
   * Reads a whole value: all bytes must be used, and a value that its type refuses counts as
   * damage.
   *
   * @throws DecodingException if it cannot be read
   */
  public static <T> T readWhole(String what, Bytes source, Function<ByteReader, T> read) {
    ByteReader reader = new ByteReader(what, source);
    T value = reader.checked(() -> read.apply(reader));
    reader.requireEnd();
    return value;
  }

  /** Runs {@code read}; what a value's own checks refuse is damage here. */
  <T> T checked(Supplier<T> read) {
    try {
      return read.get();
    } catch (IllegalArgumentException e) {
      throw new CorruptDataException(at(String.valueOf(e.getMessage())), e);
    }
  }

  public int u8() {
    require(1);
    return Byte.toUnsignedInt(view.get());
  }

  /** A byte that is 0 or 1. */
  boolean flag() {
    int flag = u8();
    if (flag > 1) {
      throw corrupt("a flag is " + flag + ", expected 0 or 1");
    }
    return flag == 1;
  }

  public int u16() {
    require(Short.BYTES);
    return Short.toUnsignedInt(view.getShort());
  }

  public int i32() {
    require(Integer.BYTES);
    return view.getInt();
  }

  public long i64() {
    require(Long.BYTES);
    return view.getLong();
  }

  public Oid oid() {
    return new Oid(i64());
  }

  public Tid tid() {
    return new Tid(i64());
  }

  public StorageId storage() {
    return new StorageId(i32());
  }

  public UUID uuid() {
    long high = i64();
    return new UUID(high, i64());
  }

  public TransactionId transactionId() {
    UUID client = uuid();
    return new TransactionId(client, i64());
  }

  /** The next {@code size} bytes, not copied. */
  public Bytes raw(int size) {
    if (size < 0) {
      throw corrupt("a length of " + size);
    }
    require(size);
    Bytes slice = source.slice(view.position(), size);
    view.position(view.position() + size);
    return slice;
  }

  public Bytes bytes16() {
    return raw(u16());
  }

  public Bytes bytes32() {
    return raw(i32());
  }

  /** All that remains, not copied. */
  public Bytes rest() {
    return raw(view.remaining());
  }

  /** Text of {@link #bytes32}; must be valid UTF-8. */
  public String text() {
    Bytes bytes = bytes32();
    try {
      return UTF_8.newDecoder().decode(bytes.asByteBuffer()).toString();
    } catch (CharacterCodingException e) {
      throw new CorruptDataException(at("text that is not UTF-8"), e);
    }
  }

  public TransactionMetadata metadata() {
    Bytes user = bytes16();
    Bytes description = bytes16();
    return new TransactionMetadata(user, description, bytes16());
  }

  /**
   * A count in four bytes, then that many elements.
   *
   * @param elementBytesMin the least that one element takes; a count that cannot fit is damage
   */
  public <T> List<T> list(int elementBytesMin, Supplier<T> element) {
    int count = i32();
    if (count < 0 || count > view.remaining() / elementBytesMin) {
      throw corrupt("a list of " + Integer.toUnsignedString(count) + " elements");
    }
    List<T> list = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      list.add(element.get());
    }
    return list;
  }

  boolean hasMore() {
    return view.hasRemaining();
  }

  /** A reader of the next {@code size} bytes alone. */
  ByteReader part(String name, int size) {
    return new ByteReader(what + ", " + name, raw(size));
  }

  void requireEnd() {
    if (view.hasRemaining()) {
      throw corrupt("bytes left over");
    }
  }

  /** For a value that this version does not know. */
  public UnknownFormatException unknown(String found) {
    return new UnknownFormatException(
        what + ": " + found + " is not known to this version of the server");
  }

  public CorruptDataException corrupt(String found) {
    return new CorruptDataException(at(found));
  }

  private void require(int bytes) {
    if (view.remaining() < bytes) {
      throw corrupt(bytes + " bytes expected");
    }
  }

  private String at(String found) {
    return "%s: %s at byte %d of %d".formatted(what, found, view.position(), view.limit());
  }
}
