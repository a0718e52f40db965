package io.troika.server.front.zeo.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/** One frame of each message, as ZEO writes it: see {@code src/test/python/zeo_frames.py}. */
final class GoldenFrames {
  /**
   * @param payload the frame without its length
   */
  @SuppressWarnings("ArrayRecordComponent") // neither compared nor changed
  record Golden(ZeoEncoding encoding, String name, boolean fromClient, byte[] payload) {
    @Override
    public String toString() {
      return encoding + " " + name;
    }
  }

  private GoldenFrames() {}

  static List<Golden> of(ZeoEncoding encoding) {
    String resource = "golden/" + encoding.name().toLowerCase(Locale.ROOT) + ".txt";
    try (InputStream stream = GoldenFrames.class.getResourceAsStream(resource)) {
      String text = new String(Objects.requireNonNull(stream).readAllBytes(), US_ASCII);
      return text.lines().map(line -> parse(encoding, line)).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Golden parse(ZeoEncoding encoding, String line) {
    List<String> parts = List.of(line.split(" ", -1));
    return new Golden(
        encoding,
        parts.get(0),
        parts.get(1).equals("client"),
        HexFormat.of().parseHex(parts.get(2)));
  }

  /** What the codec writes, without the length, which is checked. */
  static byte[] encode(ZeoEncoding encoding, ZeoMessage message) {
    ByteBuf frame = ZeoCodec.of(encoding).encode(message, UnpooledByteBufAllocator.DEFAULT);
    try {
      int length = frame.readInt();
      if (length != frame.readableBytes()) {
        throw new AssertionError(
            "length " + length + " before " + frame.readableBytes() + " bytes");
      }
      byte[] payload = new byte[length];
      frame.readBytes(payload);
      return payload;
    } finally {
      frame.release();
    }
  }

  static ZeoMessage decode(ZeoEncoding encoding, byte[] payload) {
    return ZeoCodec.of(encoding).decode(payload.clone());
  }
}
