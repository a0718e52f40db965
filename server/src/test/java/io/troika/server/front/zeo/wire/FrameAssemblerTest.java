package io.troika.server.front.zeo.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.lang.management.ManagementFactory;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FrameAssemblerTest {
  private static final int FRAME_BYTES_MAX = 256 << 20;

  private final EmbeddedChannel channel = new EmbeddedChannel();

  FrameAssemblerTest() {
    channel.pipeline().addLast(new FrameAssembler(new ConnectionEnd(channel), FRAME_BYTES_MAX));
  }

  private static ByteBuf frame(byte[] payload) {
    return Unpooled.buffer().writeInt(payload.length).writeBytes(payload);
  }

  private static byte[] randomBytes(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 4, 5, 1_000, 65_536, 300_000})
  void frames_inPiecesOfAnySize_arriveWhole(int pieceBytes) {
    byte[] small = randomBytes(1);
    byte[] large = randomBytes(200_001);
    ByteBuf stream = Unpooled.wrappedBuffer(frame(small), frame(large), frame(small));
    while (stream.isReadable()) {
      channel.writeInbound(stream.readRetainedSlice(Math.min(pieceBytes, stream.readableBytes())));
    }
    stream.release();
    assertThat(channel.<byte[]>readInbound()).isEqualTo(small);
    assertThat(channel.<byte[]>readInbound()).isEqualTo(large);
    assertThat(channel.<byte[]>readInbound()).isEqualTo(small);
    assertThat(channel.<byte[]>readInbound()).isNull();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, Integer.MIN_VALUE, FRAME_BYTES_MAX + 1})
  void length_thatMayNotBe_closes(int length) {
    channel.writeInbound(Unpooled.buffer().writeInt(length).writeBytes(new byte[100]));
    assertThat(channel.isOpen()).isFalse();
    assertThat(channel.<byte[]>readInbound()).isNull();
  }

  @Test
  void length_alone_allocatesLittle() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    ByteBuf start = Unpooled.buffer().writeInt(FRAME_BYTES_MAX).writeByte(1);
    long before = threads.getCurrentThreadAllocatedBytes();
    channel.writeInbound(start);
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(1 << 20);
    assertThat(channel.isOpen()).isTrue();
  }
}
