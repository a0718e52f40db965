package io.troika.server.front.zeo.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Cuts what a client sends into frames and passes each on as an array. A frame's array grows as its
 * bytes arrive, doubling: a length alone, which anybody can send, allocates 64 KiB at most.
 *
 * <p>While its client does not take what it is sent, no frame is passed on: one read of the socket
 * may hold a thousand calls, each with a large answer. What was read waits, and no more is read.
 */
final class FrameAssembler extends ChannelInboundHandlerAdapter {
  private static final int FIRST_BYTES_MAX = 1 << 16;

  private final ConnectionEnd end;
  private final ArrayDeque<ByteBuf> unread = new ArrayDeque<>();
  private int frameBytesMax;
  private BooleanSupplier passing = () -> true;

  /** What came of the length so far. */
  private int lengthBytes;

  private int length;

  /** Of the frame that is being read; null between frames. */
  private byte @Nullable [] frame;

  private int filled;

  FrameAssembler(ConnectionEnd end, int frameBytesMax) {
    this.end = end;
    this.frameBytesMax = frameBytesMax;
  }

  /**
   * For what follows the handshake. On the event loop.
   *
   * @param frameBytesMaxNow for frames that begin from now on
   * @param passingNow whether frames may be passed on; {@link #resume} when that may have changed
   */
  void begin(int frameBytesMaxNow, BooleanSupplier passingNow) {
    frameBytesMax = frameBytesMaxNow;
    passing = passingNow;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    unread.add((ByteBuf) message);
    resume(context);
  }

  /** Goes on with what was read, and reads or not from now on. On the event loop. */
  void resume(ChannelHandlerContext context) {
    while (!unread.isEmpty() && passing.getAsBoolean()) {
      ByteBuf in = unread.element();
      if (!in.isReadable() || end.hasEnded()) {
        unread.remove().release();
      } else if (frame == null) {
        readLength(in);
      } else {
        readFrame(context, in, frame);
      }
    }
    context.channel().config().setAutoRead(passing.getAsBoolean());
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    unread.forEach(ByteBuf::release);
    unread.clear();
  }

  private void readLength(ByteBuf in) {
    length = length << Byte.SIZE | in.readUnsignedByte();
    if (++lengthBytes < Integer.BYTES) {
      return;
    }
    if (length <= 0 || length > frameBytesMax) {
      end.refuse(
          "a frame: expected a length from 1 to %d bytes, found %s"
              .formatted(frameBytesMax, Integer.toUnsignedString(length)));
      return;
    }
    frame = new byte[Math.min(length, FIRST_BYTES_MAX)];
  }

  private void readFrame(ChannelHandlerContext context, ByteBuf in, byte[] start) {
    byte[] array = start;
    if (filled == array.length) {
      array = Arrays.copyOf(array, (int) Math.min(length, 2L * array.length));
      frame = array;
    }
    int count = Math.min(in.readableBytes(), array.length - filled);
    in.readBytes(array, filled, count);
    filled += count;
    if (filled == length) {
      frame = null;
      filled = 0;
      length = 0;
      lengthBytes = 0;
      context.fireChannelRead(array);
    }
  }
}
