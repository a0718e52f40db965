package io.troika.server.front.zeo.wire;

import java.io.IOException;
import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.msgpack.core.MessageFormat;
import org.msgpack.core.MessageInsufficientBufferException;
import org.msgpack.core.MessagePack;
import org.msgpack.core.MessagePackException;
import org.msgpack.core.MessageSizeException;
import org.msgpack.core.MessageUnpacker;

/**
 * Reads the one msgpack value of a frame. Counts and lengths are compared with what remains before
 * anything is allocated. Arrays become tuples. For one use by one thread.
 */
final class MsgpackReader {
  private final byte[] frame;
  private final FrameBytes contents;
  private final MessageUnpacker unpacker;

  /** Values promised by the counts so far, which so bounds all arrays that are open at once. */
  private long itemCount;

  /**
   * @param frame given away, values may share it
   */
  MsgpackReader(byte[] frame) {
    this.frame = frame;
    this.contents = new FrameBytes(frame);
    this.unpacker = MessagePack.newDefaultUnpacker(frame);
  }

  /**
   * @throws ZeoProtocolException if that is not one value, or one that is no wire value
   */
  @Nullable Object read() {
    try {
      Object value = value(0);
      if (remaining() != 0) {
        throw new ZeoProtocolException("expected the end, found more bytes");
      }
      return value;
    } catch (ZeoProtocolException e) {
      throw failure(e.getMessage(), e);
    } catch (MessagePackException | IOException e) {
      throw failure("expected a value, found " + found(e), e);
    }
  }

  /** The library's exceptions often have no message. */
  private static String found(Exception e) {
    if (e instanceof MessageInsufficientBufferException) {
      return "the end";
    }
    return e instanceof MessageSizeException size
        ? "a length of " + Integer.toUnsignedString((int) size.getSize())
        : String.valueOf(e.getMessage());
  }

  private ZeoProtocolException failure(@Nullable String what, Exception cause) {
    return new ZeoProtocolException(
        "msgpack of %d bytes, byte %d: %s"
            .formatted(frame.length, unpacker.getTotalReadBytes(), what),
        cause);
  }

  private @Nullable Object value(int depth) throws IOException {
    MessageFormat format = unpacker.getNextFormat();
    switch (format.getValueType()) {
      case NIL -> {
        unpacker.unpackNil();
        return null;
      }
      case BOOLEAN -> {
        return unpacker.unpackBoolean();
      }
      case INTEGER -> {
        return format == MessageFormat.UINT64 ? unsigned() : (Object) unpacker.unpackLong();
      }
      case FLOAT -> {
        return unpacker.unpackDouble();
      }
      case STRING -> {
        int length = length(unpacker.unpackRawStringHeader());
        return contents.text(advance(length), length);
      }
      case BINARY -> {
        int length = length(unpacker.unpackBinaryHeader());
        return contents.bytes(advance(length), length);
      }
      case ARRAY -> {
        return tuple(depth + 1);
      }
      case MAP -> {
        return map(depth + 1);
      }
      default -> throw new ZeoProtocolException("expected a value, found a " + format);
    }
  }

  private Object unsigned() throws IOException {
    BigInteger value = unpacker.unpackBigInteger();
    return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
  }

  private WireTuple tuple(int depth) throws IOException {
    requireDepth(depth);
    @Nullable Object[] items = new Object[count(unpacker.unpackArrayHeader(), 1)];
    for (int i = 0; i < items.length; i++) {
      items[i] = value(depth);
    }
    return WireTuple.of(items);
  }

  private Map<Object, @Nullable Object> map(int depth) throws IOException {
    requireDepth(depth);
    int count = count(unpacker.unpackMapHeader(), 2);
    Map<Object, @Nullable Object> map = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      Object key = PickleStack.requireKey(value(depth));
      map.put(key, value(depth));
    }
    return map;
  }

  private static void requireDepth(int depth) {
    if (depth > ValueLimits.DEPTH_MAX) {
      throw new ZeoProtocolException(
          "expected containers nested at most %d deep, found more"
              .formatted(ValueLimits.DEPTH_MAX));
    }
  }

  /** A count of elements, {@code valuesEach} values of a byte or more, which must fit. */
  private int count(int count, int valuesEach) {
    long countMax = Math.min(remaining(), ValueLimits.ITEMS_MAX - itemCount) / valuesEach;
    if (count < 0 || count > countMax) {
      throw new ZeoProtocolException(
          "expected at most %d elements, found %s"
              .formatted(countMax, Integer.toUnsignedString(count)));
    }
    itemCount += (long) count * valuesEach;
    return count;
  }

  private int length(int length) {
    if (length < 0 || length > remaining()) {
      throw new ZeoProtocolException(
          "expected a length of at most %d, found %s"
              .formatted(remaining(), Integer.toUnsignedString(length)));
    }
    return length;
  }

  private long remaining() {
    return frame.length - unpacker.getTotalReadBytes();
  }

  /** Skips so many bytes and says where they were. */
  private int advance(int length) throws IOException {
    int start = (int) unpacker.getTotalReadBytes();
    var unused = unpacker.readPayloadAsReference(length);
    return start;
  }
}
