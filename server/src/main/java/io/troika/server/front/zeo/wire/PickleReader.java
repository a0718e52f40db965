package io.troika.server.front.zeo.wire;

import io.troika.server.core.model.Bytes;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the one value of a pickle that holds data only. Each length is compared with what remains
 * before anything is allocated; nothing is looked up by name, called or made but what {@link Wire}
 * lists. For one use by one thread.
 */
final class PickleReader {
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle DOUBLE =
      MethodHandles.byteArrayViewVarHandle(double[].class, ByteOrder.BIG_ENDIAN);

  /** The newest there is; what newer ones add would be refused as unknown. */
  private static final int PROTOCOL_MAX = 5;

  private static final int REPEATED_BYTES_MIN = 1 << 16;

  private final byte[] pickle;
  private final FrameBytes contents;
  private final PickleStack stack = new PickleStack();
  private final Map<Integer, @Nullable Object> memo = new HashMap<>();

  /** What may still be taken from the memo, so that a short pickle can't stand for a long one. */
  private long repeatableBytes;

  private int position;

  /**
   * @param pickle given away, values may share it
   */
  PickleReader(byte[] pickle) {
    this.pickle = pickle;
    this.contents = new FrameBytes(pickle);
    this.repeatableBytes = Math.max(REPEATED_BYTES_MIN, pickle.length);
  }

  /**
   * @throws ZeoProtocolException if that is no pickle, or one of more than data
   */
  @Nullable Object read() {
    int start = 0;
    try {
      int opcode;
      do {
        start = position;
        opcode = u8();
      } while (step(opcode));
      if (position != pickle.length) {
        throw new ZeoProtocolException("expected the end, found more bytes");
      }
      return stack.result();
    } catch (ZeoProtocolException e) {
      throw new ZeoProtocolException(
          "pickle of %d bytes, byte %d: %s".formatted(pickle.length, start, e.getMessage()), e);
    }
  }

  /**
   * Does what one opcode says; false at the end. One table of cases: splitting it would hide it.
   */
  private boolean step(int opcode) {
    switch (opcode) {
      case Opcode.STOP -> {
        return false;
      }
      case Opcode.PROTO -> requireProtocol(u8());
      case Opcode.FRAME -> size(i64()); // a hint for buffering
      case Opcode.MARK -> stack.mark();
      case Opcode.NONE -> stack.push(null);
      case Opcode.NEWTRUE -> stack.push(true);
      case Opcode.NEWFALSE -> stack.push(false);
      case Opcode.BININT -> stack.push((long) i32());
      case Opcode.BININT1 -> stack.push((long) u8());
      case Opcode.BININT2 -> stack.push((long) (u8() | u8() << 8));
      case Opcode.LONG1 -> stack.push(integer(u8()));
      case Opcode.LONG4 -> stack.push(integer(size(u32())));
      case Opcode.BINFLOAT -> stack.push((double) DOUBLE.get(pickle, advance(Double.BYTES)));
      case Opcode.SHORT_BINUNICODE -> stack.push(text(u8()));
      case Opcode.BINUNICODE -> stack.push(text(size(u32())));
      case Opcode.BINUNICODE8 -> stack.push(text(size(i64())));
      case Opcode.SHORT_BINBYTES, Opcode.SHORT_BINSTRING -> stack.push(bytes(u8()));
      case Opcode.BINBYTES -> stack.push(bytes(size(u32())));
      case Opcode.BINSTRING -> stack.push(bytes(size(i32())));
      case Opcode.BINBYTES8 -> stack.push(bytes(size(i64())));
      case Opcode.EMPTY_TUPLE -> stack.tupleOf(0);
      case Opcode.TUPLE1 -> stack.tupleOf(1);
      case Opcode.TUPLE2 -> stack.tupleOf(2);
      case Opcode.TUPLE3 -> stack.tupleOf(3);
      case Opcode.TUPLE -> stack.tupleOfMarked();
      case Opcode.EMPTY_LIST -> stack.push(new ArrayList<>(0));
      case Opcode.APPEND -> stack.appendOne();
      case Opcode.APPENDS -> stack.appendMarked();
      case Opcode.EMPTY_DICT -> stack.push(new LinkedHashMap<>(0));
      case Opcode.SETITEM -> stack.setOne();
      case Opcode.SETITEMS -> stack.setMarked();
      case Opcode.BINPUT -> put(u8());
      case Opcode.LONG_BINPUT -> put(i32());
      case Opcode.MEMOIZE -> put(memo.size());
      case Opcode.BINGET -> get(u8());
      case Opcode.LONG_BINGET -> get(i32());
      default ->
          throw new ZeoProtocolException(
              "expected data only, found opcode 0x%02x, %s".formatted(opcode, Opcode.name(opcode)));
    }
    return true;
  }

  private static void requireProtocol(int protocol) {
    if (protocol > PROTOCOL_MAX) {
      throw new ZeoProtocolException(
          "expected a pickle protocol up to %d, found %d".formatted(PROTOCOL_MAX, protocol));
    }
  }

  private void put(int key) {
    if (memo.size() >= ValueLimits.ITEMS_MAX) {
      throw new ZeoProtocolException(
          "expected a memo of at most %d values, found more".formatted(ValueLimits.ITEMS_MAX));
    }
    memo.put(key, stack.top());
  }

  private void get(int key) {
    Object value = memo.get(key);
    if (value == null && !memo.containsKey(key)) {
      throw new ZeoProtocolException(
          "expected a value in the memo at %s, found none"
              .formatted(Integer.toUnsignedString(key)));
    }
    repeatableBytes -=
        value instanceof Bytes bytes ? bytes.size() : value instanceof String s ? s.length() : 0;
    if (repeatableBytes < 0 || value instanceof Iterable<?> || value instanceof Map<?, ?>) {
      throw new ZeoProtocolException(
          "expected a short text or bytes in the memo, found " + Wire.describe(value));
    }
    stack.push(value);
  }

  private String text(int length) {
    return contents.text(advance(length), length);
  }

  private Bytes bytes(int length) {
    return contents.bytes(advance(length), length);
  }

  private Object integer(int length) {
    if (length > ValueLimits.INTEGER_BYTES_MAX) {
      throw new ZeoProtocolException(
          "expected an integer of at most %d bytes, found %d"
              .formatted(ValueLimits.INTEGER_BYTES_MAX, length));
    }
    int start = advance(length);
    if (length == 0) {
      return 0L;
    }
    byte[] bigEndian = new byte[length];
    for (int i = 0; i < length; i++) {
      bigEndian[i] = pickle[start + length - 1 - i];
    }
    BigInteger value = new BigInteger(bigEndian);
    return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
  }

  // ---- Bytes

  /** A length, which must fit into what remains. */
  private int size(long length) {
    if (length < 0 || length > pickle.length - position) {
      throw new ZeoProtocolException(
          "expected a length of at most %d, found %s"
              .formatted(pickle.length - position, Long.toUnsignedString(length)));
    }
    return (int) length;
  }

  /** Skips so many bytes and says where they were. */
  private int advance(int length) {
    int start = position;
    position += size(length);
    return start;
  }

  private int u8() {
    return Byte.toUnsignedInt(pickle[advance(1)]);
  }

  private int i32() {
    return (int) INT.get(pickle, advance(Integer.BYTES));
  }

  private long u32() {
    return Integer.toUnsignedLong(i32());
  }

  private long i64() {
    return (long) LONG.get(pickle, advance(Long.BYTES));
  }
}
