package io.troika.server.filestorage;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * A view of constant size that slides over a file. Reads forward cost one system call per window;
 * whatever does not fit is copied through it, so that a read of any size needs no more native
 * memory than this. Positions are within the size that the file had when the channel was handed in:
 * what is appended later is never seen.
 *
 * <p><em>Rejected:</em> mapping the file; a file that shrinks meanwhile would kill the process, and
 * mappings go away only when the garbage collector finds them.
 */
final class FileWindow {
  private final FileChannel channel;
  private final long fileSize;
  private final ByteBuffer buffer;
  private long start;

  /** As large as the file, taken to be {@code fileSize} bytes long, or else {@code sizeMax}. */
  FileWindow(FileChannel channel, long fileSize, int sizeMax) {
    this.channel = channel;
    this.fileSize = fileSize;
    this.buffer = ByteBuffer.allocateDirect((int) Math.min(fileSize, sizeMax)).limit(0);
  }

  /** Whether these bytes can be had without reading the file. */
  boolean holds(long position, int size) {
    return position >= start && position + size <= start + buffer.limit();
  }

  /**
   * The buffer, placed at {@code position}, with at least {@code size} bytes remaining. It is good
   * until the next call.
   *
   * @param size at most that of the window
   * @throws EOFException if the file has become shorter than it was
   */
  ByteBuffer at(long position, int size) throws IOException {
    if (!holds(position, size)) {
      slideTo(position);
      if (!holds(position, size)) {
        throw new EOFException(
            "file shrank while it was read: expected " + size + " bytes at " + position);
      }
    }
    return buffer.position((int) (position - start));
  }

  /** The unsigned number at {@code position}. */
  long readLong(long position) throws IOException {
    return at(position, Long.BYTES).getLong();
  }

  /** A fresh array with the bytes at {@code position}. */
  byte[] read(long position, int size) throws IOException {
    byte[] bytes = new byte[size];
    int done = 0;
    while (done < size) {
      ByteBuffer part = at(position + done, 1);
      int count = Math.min(part.remaining(), size - done);
      part.get(bytes, done, count);
      done += count;
    }
    return bytes;
  }

  private void slideTo(long position) throws IOException {
    start = position;
    buffer.clear();
    buffer.limit((int) Math.max(0, Math.min(buffer.capacity(), fileSize - position)));
    while (buffer.hasRemaining() && channel.read(buffer, start + buffer.position()) >= 0) {}
    buffer.flip();
  }
}
