package io.troika.server.front.zeo.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** Messages as pickles: what a client as pip installs it understands. */
final class PickleCodec implements ZeoCodec {
  @Override
  public ByteBuf encode(ZeoMessage message, ByteBufAllocator allocator) {
    ByteBuf frame = MessageShape.newFrame(message, allocator);
    try {
      new PickleWriter(frame).write(MessageShape.toValue(message));
      return MessageShape.finish(frame.retain());
    } finally {
      frame.release();
    }
  }

  @Override
  public ZeoMessage decode(byte[] frame) {
    return MessageShape.toMessage(new PickleReader(frame).read());
  }
}
