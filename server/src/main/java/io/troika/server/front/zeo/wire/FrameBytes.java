package io.troika.server.front.zeo.wire;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.troika.server.core.model.Bytes;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Arrays;

/** Takes byte strings and texts out of a frame. */
final class FrameBytes {
  private final byte[] frame;

  FrameBytes(byte[] frame) {
    this.frame = frame;
  }

  /**
   * A byte string of the frame. Not copied if it is most of it, as the data of a store is; a small
   * one is, or an oid would keep a whole frame in memory.
   */
  Bytes bytes(int offset, int length) {
    return length > frame.length / 2
        ? Bytes.wrap(frame, offset, length)
        : Bytes.wrap(Arrays.copyOfRange(frame, offset, offset + length));
  }

  String text(int offset, int length) {
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(frame, offset, length)).toString();
    } catch (CharacterCodingException e) {
      throw new ZeoProtocolException(
          "expected text in UTF-8 in the %d bytes from byte %d on, found other bytes"
              .formatted(length, offset),
          e);
    }
  }
}
