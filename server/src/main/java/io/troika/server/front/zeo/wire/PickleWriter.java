package io.troika.server.front.zeo.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.troika.server.core.model.Bytes;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes one value as a pickle of protocol 3 without a memo, byte for byte as Python's own pickler
 * does for containers of up to 1,000 values.
 */
final class PickleWriter {
  private static final int PROTOCOL = 3;

  private final ByteBuf out;

  PickleWriter(ByteBuf out) {
    this.out = out;
  }

  /**
   * @throws IllegalArgumentException if there is a value in it that is no wire value
   */
  void write(@Nullable Object value) {
    out.writeByte(Opcode.PROTO).writeByte(PROTOCOL);
    writeValue(value);
    out.writeByte(Opcode.STOP);
  }

  private void writeValue(@Nullable Object value) {
    if (value == null) {
      out.writeByte(Opcode.NONE);
    } else if (value instanceof Bytes bytes) {
      writeBytes(bytes);
    } else if (value instanceof String text) {
      writeText(text);
    } else if (value instanceof Long number) {
      writeLong(number);
    } else if (value instanceof Boolean flag) {
      out.writeByte(flag ? Opcode.NEWTRUE : Opcode.NEWFALSE);
    } else if (value instanceof WireTuple tuple) {
      writeTuple(tuple);
    } else if (value instanceof List<?> list) {
      writeList(list);
    } else if (value instanceof Map<?, ?> map) {
      writeMap(map);
    } else if (value instanceof Double number) {
      out.writeByte(Opcode.BINFLOAT).writeDouble(number);
    } else if (value instanceof Integer number) {
      writeLong(number);
    } else if (value instanceof BigInteger number) {
      writeBig(number);
    } else {
      throw MessageShape.noWireValue(value);
    }
  }

  private void writeBytes(Bytes bytes) {
    if (bytes.size() < 1 << 8) {
      out.writeByte(Opcode.SHORT_BINBYTES).writeByte(bytes.size());
    } else {
      out.writeByte(Opcode.BINBYTES).writeIntLE(bytes.size());
    }
    bytes.read(out::writeBytes);
  }

  private void writeText(String text) {
    out.writeByte(Opcode.BINUNICODE);
    int lengthAt = out.writerIndex();
    out.writeIntLE(0);
    ByteBufUtil.writeUtf8(out, text);
    out.setIntLE(lengthAt, out.writerIndex() - lengthAt - Integer.BYTES);
  }

  private void writeLong(long number) {
    if (number >= 0 && number < 1 << 8) {
      out.writeByte(Opcode.BININT1).writeByte((int) number);
    } else if (number >= 0 && number < 1 << 16) {
      out.writeByte(Opcode.BININT2).writeShortLE((int) number);
    } else if (number == (int) number) {
      out.writeByte(Opcode.BININT).writeIntLE((int) number);
    } else {
      writeBig(BigInteger.valueOf(number));
    }
  }

  private void writeBig(BigInteger number) {
    byte[] bigEndian = number.toByteArray();
    if (bigEndian.length > ValueLimits.INTEGER_BYTES_MAX) {
      throw new IllegalArgumentException(
          "expected an integer of at most %d bytes, found %d"
              .formatted(ValueLimits.INTEGER_BYTES_MAX, bigEndian.length));
    }
    out.writeByte(Opcode.LONG1).writeByte(bigEndian.length);
    for (int i = bigEndian.length - 1; i >= 0; i--) {
      out.writeByte(bigEndian[i]);
    }
  }

  private void writeTuple(WireTuple tuple) {
    int size = tuple.size();
    if (size > 3) {
      out.writeByte(Opcode.MARK);
    }
    for (Object each : tuple) {
      writeValue(each);
    }
    out.writeByte(
        switch (size) {
          case 0 -> Opcode.EMPTY_TUPLE;
          case 1 -> Opcode.TUPLE1;
          case 2 -> Opcode.TUPLE2;
          case 3 -> Opcode.TUPLE3;
          default -> Opcode.TUPLE;
        });
  }

  private void writeList(List<?> list) {
    out.writeByte(Opcode.EMPTY_LIST);
    if (list.size() > 1) {
      out.writeByte(Opcode.MARK);
    }
    for (Object each : list) {
      writeValue(each);
    }
    if (!list.isEmpty()) {
      out.writeByte(list.size() > 1 ? Opcode.APPENDS : Opcode.APPEND);
    }
  }

  private void writeMap(Map<?, ?> map) {
    out.writeByte(Opcode.EMPTY_DICT);
    if (map.size() > 1) {
      out.writeByte(Opcode.MARK);
    }
    for (Map.Entry<?, ?> each : map.entrySet()) {
      writeValue(each.getKey());
      writeValue(each.getValue());
    }
    if (!map.isEmpty()) {
      out.writeByte(map.size() > 1 ? Opcode.SETITEMS : Opcode.SETITEM);
    }
  }
}
