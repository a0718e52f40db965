package io.troika.server.front.zeo.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Messages in msgpack: the better encoding where the client has that package. */
final class MsgpackCodec implements ZeoCodec {
  @Override
  public ByteBuf encode(ZeoMessage message, ByteBufAllocator allocator) {
    ByteBuf frame = MessageShape.newFrame(message, allocator);
    try {
      new MsgpackWriter(frame).write(MessageShape.toValue(message));
      return MessageShape.finish(frame.retain());
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    } finally {
      frame.release();
    }
  }

  @Override
  public ZeoMessage decode(byte[] frame) {
    return MessageShape.toMessage(new MsgpackReader(frame).read());
  }
}
