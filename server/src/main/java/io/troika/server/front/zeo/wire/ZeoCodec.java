package io.troika.server.front.zeo.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** Messages to frames and back. Safe for any thread. */
interface ZeoCodec {
  /** A frame begins with its length, in four bytes. */
  int LENGTH_BYTES = Integer.BYTES;

  static ZeoCodec of(ZeoEncoding encoding) {
    return encoding == ZeoEncoding.PICKLE ? new PickleCodec() : new MsgpackCodec();
  }

  /**
   * The whole frame, its length included.
   *
   * @return owned by the caller
   * @throws IllegalArgumentException if the message holds a value that is no wire value
   */
  ByteBuf encode(ZeoMessage message, ByteBufAllocator allocator);

  /**
   * Reads a message.
   *
   * @param frame without its length; given away, as values of the message may share it
   * @throws ZeoProtocolException if that is no message
   */
  ZeoMessage decode(byte[] frame);
}
