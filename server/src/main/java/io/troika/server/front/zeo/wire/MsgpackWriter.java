package io.troika.server.front.zeo.wire;

import io.netty.buffer.ByteBuf;
import io.troika.server.core.model.Bytes;
import java.io.IOException;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.msgpack.core.MessagePack;
import org.msgpack.core.MessagePacker;
import org.msgpack.core.buffer.MessageBuffer;
import org.msgpack.core.buffer.MessageBufferOutput;

/** Writes one value in msgpack: byte strings as bin, text as str, tuples and lists alike. */
final class MsgpackWriter {
  /** For numbers and headers; texts and byte strings go past it. */
  private static final int SCRATCH_BYTES = 256;

  private final ByteBuf out;
  private final MessagePacker packer;

  MsgpackWriter(ByteBuf out) {
    this.out = out;
    this.packer =
        new MessagePack.PackerConfig().withBufferSize(SCRATCH_BYTES).newPacker(new Target(out));
  }

  /**
   * @throws IllegalArgumentException if there is a value in it that is no wire value
   */
  void write(@Nullable Object value) throws IOException {
    writeValue(value);
    packer.flush();
  }

  private void writeValue(@Nullable Object value) throws IOException {
    if (value == null) {
      packer.packNil();
    } else if (value instanceof Bytes bytes) {
      packer.packBinaryHeader(bytes.size()).flush();
      bytes.read(out::writeBytes);
    } else if (value instanceof String text) {
      packer.packString(text);
    } else if (value instanceof Long number) {
      packer.packLong(number);
    } else if (value instanceof Boolean flag) {
      packer.packBoolean(flag);
    } else if (value instanceof List<?> list) {
      writeList(list);
    } else if (value instanceof Map<?, ?> map) {
      writeMap(map);
    } else if (value instanceof Double number) {
      packer.packDouble(number);
    } else if (value instanceof Integer number) {
      packer.packInt(number);
    } else if (value instanceof BigInteger number) {
      packer.packBigInteger(number); // IllegalArgumentException beyond 64 bits
    } else {
      throw MessageShape.noWireValue(value);
    }
  }

  private void writeList(List<?> list) throws IOException {
    packer.packArrayHeader(list.size());
    for (Object each : list) {
      writeValue(each);
    }
  }

  private void writeMap(Map<?, ?> map) throws IOException {
    packer.packMapHeader(map.size());
    for (Map.Entry<?, ?> each : map.entrySet()) {
      writeValue(each.getKey());
      writeValue(each.getValue());
    }
  }

  /** Where the packer empties its scratch buffer into. */
  private static final class Target implements MessageBufferOutput {
    private final ByteBuf out;
    private MessageBuffer scratch = MessageBuffer.allocate(SCRATCH_BYTES);

    Target(ByteBuf out) {
      this.out = out;
    }

    @Override
    public MessageBuffer next(int minimumSize) {
      if (scratch.size() < minimumSize) {
        scratch = MessageBuffer.allocate(minimumSize);
      }
      return scratch;
    }

    @Override
    public void writeBuffer(int length) {
      write(scratch.array(), scratch.arrayOffset(), length);
    }

    @Override
    public void write(byte[] buffer, int offset, int length) {
      out.writeBytes(buffer, offset, length);
    }

    @Override
    public void add(byte[] buffer, int offset, int length) {
      write(buffer, offset, length);
    }

    @Override
    public void close() {}

    @Override
    public void flush() {}
  }
}
