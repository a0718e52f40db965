package io.troika.server.filestorage;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A new file that grows at its end through a buffer of constant size; what was written can be read
 * and overwritten, whether it has left the buffer or not. It is locked until it is closed.
 */
final class AppendFile implements AutoCloseable {
  private final FileChannel channel;
  private final ByteBuffer buffer;

  /** Where the buffer's content goes. */
  private long written;

  AppendFile(Path file, int bufferBytes) throws IOException {
    this.channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
    this.buffer = ByteBuffer.allocateDirect(bufferBytes);
    try {
      lock(file, channel);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /**
   * Locks a file that somebody may be writing.
   *
   * @throws IOException if somebody is
   */
  static void lock(Path file, FileChannel channel) throws IOException {
    try {
      if (channel.tryLock() != null) {
        return;
      }
    } catch (OverlappingFileLockException e) {
      throw new IOException(file + ": it is being written", e);
    }
    throw new IOException(file + ": another process is writing it");
  }

  long position() {
    return written + buffer.position();
  }

  /** Appends what remains in {@code bytes}. */
  void append(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      if (!buffer.hasRemaining()) {
        flush();
      }
      int count = Math.min(buffer.remaining(), bytes.remaining());
      buffer.put(bytes.duplicate().limit(bytes.position() + count));
      bytes.position(bytes.position() + count);
    }
  }

  /** Replaces bytes that were appended before. */
  void overwrite(long position, ByteBuffer bytes) throws IOException {
    if (position >= written) {
      buffer.duplicate().position((int) (position - written)).put(bytes);
      return;
    }
    flush();
    writeAll(bytes, position);
  }

  /** A fresh buffer with bytes that were appended before. */
  ByteBuffer read(long position, int size) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(size);
    if (position >= written) {
      int from = (int) (position - written);
      return bytes.put(buffer.duplicate().limit(from + size).position(from)).flip();
    }
    if (position + size > written) {
      flush();
    }
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, position + bytes.position()) < 0) {
        throw new EOFException("no " + size + " bytes at " + position);
      }
    }
    return bytes.flip();
  }

  /** Cuts the file off. */
  void truncate(long position) throws IOException {
    flush();
    channel.truncate(position);
    written = position;
  }

  /** All that was appended is on disk when this returns. */
  void force() throws IOException {
    flush();
    channel.force(true);
  }

  @Override
  public void close() throws IOException {
    try (channel) {
      flush();
    }
  }

  private void flush() throws IOException {
    buffer.flip();
    writeAll(buffer, written);
    written += buffer.limit();
    buffer.clear();
  }

  private void writeAll(ByteBuffer bytes, long position) throws IOException {
    long at = position;
    while (bytes.hasRemaining()) {
      at += channel.write(bytes, at);
    }
  }
}
