package io.troika.server.backup;

import io.troika.server.core.model.Bytes;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32C;

/** Reads the frames of a segment, each held against its checksum. Memory: one frame. */
final class SegmentFrames {
  private final String name;
  private final InputStream file;
  private final long end;
  private long position;
  private long frameStart;

  /**
   * @param name of the file, for what is thrown
   * @param position of {@code file} in the file
   * @param end the size of the file
   */
  SegmentFrames(String name, InputStream file, long position, long end) {
    this.name = name;
    this.file = file;
    this.position = position;
    this.frameStart = position;
    this.end = end;
  }

  /**
   * A frame.
   *
   * @param start where it begins in the file
   */
  record Frame(int kind, long start, Bytes body) {}

  Frame next() throws IOException {
    frameStart = position;
    Bytes start = read(SegmentFormat.FRAME_HEAD_BYTES);
    int length = start.asByteBuffer().getInt(1);
    if (length < 0 || length > end - position - Integer.BYTES) {
      throw damaged("a frame of %s bytes, more than the file has".formatted(length));
    }
    Bytes body = read(length);
    CRC32C crc = new CRC32C();
    start.read(crc::update);
    body.read(crc::update);
    if (read(Integer.BYTES).asByteBuffer().getInt() != (int) crc.getValue()) {
      throw damaged("the checksum of the frame does not match");
    }
    return new Frame(start.at(0), frameStart, body);
  }

  /** The next one, which has to be of this kind. */
  Bytes next(int kind) throws IOException {
    Frame frame = next();
    if (frame.kind() != kind) {
      throw damaged("a frame of kind %s, expected %s".formatted(frame.kind(), kind));
    }
    return frame.body();
  }

  /** Bytes that are in no frame. */
  Bytes read(int size) throws IOException {
    byte[] bytes = file.readNBytes(size);
    position += bytes.length;
    if (bytes.length < size) {
      throw new DamagedBackupException(new Damage(name, position, "the file ends here"));
    }
    return Bytes.wrap(bytes);
  }

  /** How far in the file. */
  long position() {
    return position;
  }

  /** Damage of the frame that was read last. */
  DamagedBackupException damaged(String found) {
    return new DamagedBackupException(new Damage(name, frameStart, found));
  }

  /** Damage of the file as a whole. */
  DamagedBackupException damagedFile(String found) {
    return new DamagedBackupException(new Damage(name, 0, found));
  }
}
