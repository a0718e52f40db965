package io.troika.server.front.zeo.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.troika.server.core.model.Bytes;
import io.troika.server.front.zeo.wire.ZeoMessage.Flag;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A message as the value that both encodings write: {@code (id, flag, method, args)}. */
final class MessageShape {
  private static final int PARTS = 4;
  private static final long RESULT_FLAG = 0;
  private static final long ERROR_FLAG = 2;

  /** What a value takes at most beside the bytes of a text or byte string. */
  private static final int VALUE_BYTES_MAX = 12;

  private static final int UTF8_BYTES_PER_CHAR_MAX = 3;
  private static final int FRAME_BYTES_MIN = 64;

  private MessageShape() {}

  static WireTuple toValue(ZeoMessage message) {
    return Wire.tuple(message.id(), flagValue(message.flag()), message.method(), message.args());
  }

  private static Object flagValue(Flag flag) {
    return switch (flag) {
      case CALL -> false;
      case ONE_WAY -> true;
      case RESULT -> RESULT_FLAG;
      case ERROR -> ERROR_FLAG;
    };
  }

  static ZeoMessage toMessage(@Nullable Object value) {
    if (!(value instanceof List<?> parts) || parts.size() != PARTS) {
      throw new ZeoProtocolException(
          "a message: expected a tuple of 4, found " + Wire.describe(value));
    }
    if (!(parts.get(2) instanceof String method)) {
      throw new ZeoProtocolException(
          "the method of a message: expected text, found " + Wire.describe(parts.get(2)));
    }
    return new ZeoMessage(parts.get(0), flag(parts.get(1)), method, parts.get(3));
  }

  private static Flag flag(@Nullable Object value) {
    if (value instanceof Boolean oneWay) {
      return oneWay ? Flag.ONE_WAY : Flag.CALL;
    } else if (value instanceof Long number && number == RESULT_FLAG) {
      return Flag.RESULT;
    } else if (value instanceof Long number && number == ERROR_FLAG) {
      return Flag.ERROR;
    }
    throw new ZeoProtocolException(
        "the flag of a message: expected a boolean, 0 or 2, found "
            + (value instanceof Long number ? number : Wire.describe(value)));
  }

  /** An empty frame with room for the message, so that it is written without moving. */
  static ByteBuf newFrame(ZeoMessage message, ByteBufAllocator allocator) {
    long room = FRAME_BYTES_MIN + roomFor(message.id()) + roomFor(message.args());
    return allocator.buffer((int) Math.min(room, Integer.MAX_VALUE)).writeInt(0);
  }

  /** Enough for the value, without looking into numbers. */
  static long roomFor(@Nullable Object value) {
    if (value instanceof Bytes bytes) {
      return VALUE_BYTES_MAX + (long) bytes.size();
    } else if (value instanceof String text) {
      return VALUE_BYTES_MAX + (long) UTF8_BYTES_PER_CHAR_MAX * text.length();
    } else if (value instanceof List<?> list) {
      long room = VALUE_BYTES_MAX;
      for (Object each : list) {
        room += roomFor(each);
      }
      return room;
    } else if (value instanceof Map<?, ?> map) {
      long room = VALUE_BYTES_MAX;
      for (Map.Entry<?, ?> each : map.entrySet()) {
        room += roomFor(each.getKey()) + roomFor(each.getValue());
      }
      return room;
    }
    return VALUE_BYTES_MAX;
  }

  /** Writes the length in front of what was written since {@link #newFrame}. */
  static ByteBuf finish(ByteBuf frame) {
    return frame.setInt(0, frame.readableBytes() - ZeoCodec.LENGTH_BYTES);
  }

  /** For a value that can't be written: a mistake of ours, not of the client. */
  static IllegalArgumentException noWireValue(Object value) {
    return new IllegalArgumentException(
        "expected a wire value, found an object of " + value.getClass().getName());
  }
}
