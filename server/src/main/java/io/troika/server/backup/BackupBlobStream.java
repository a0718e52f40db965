package io.troika.server.backup;

import io.troika.server.backup.SegmentFormat.BlobPart;
import io.troika.server.log.ByteReader;
import io.troika.server.log.DecodingException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.util.Objects;

/** The bytes of a blob, frame by frame out of its segment. For one thread. */
final class BackupBlobStream extends InputStream {
  private static final int BUFFER_BYTES = 1 << 16;

  private final BackupBlob blob;
  private final InputStream file;
  private final SegmentFrames frames;
  private final BlobProgress progress;
  private ByteBuffer piece = ByteBuffer.allocate(0);

  private BackupBlobStream(BackupBlob blob, SeekableByteChannel channel) throws IOException {
    this.blob = blob;
    this.file = new BufferedInputStream(Channels.newInputStream(channel), BUFFER_BYTES);
    this.frames =
        new SegmentFrames(
            blob.segment().getFileName().toString(), file, blob.position(), channel.size());
    this.progress = new BlobProgress(BlobPart.first(blob), blob.position());
  }

  static BackupBlobStream open(BackupBlob blob) throws IOException {
    SeekableByteChannel channel = Files.newByteChannel(blob.segment());
    try {
      return new BackupBlobStream(blob, channel.position(blob.position()));
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  @Override
  public int read() throws IOException {
    return isAtEnd() ? -1 : piece.get() & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, target.length);
    if (length == 0) {
      return 0;
    }
    if (isAtEnd()) {
      return -1;
    }
    int size = Math.min(length, piece.remaining());
    piece.get(target, offset, size);
    return size;
  }

  private boolean isAtEnd() throws IOException {
    if (!piece.hasRemaining() && progress.length() < blob.length()) {
      piece = next();
    }
    return !piece.hasRemaining();
  }

  /** The last part is handed out once all of them are known to be as they were written. */
  private ByteBuffer next() throws IOException {
    BlobPart part;
    try {
      part =
          ByteReader.readWhole(
              "blob", frames.next(SegmentFormat.BLOB), SegmentFormat::readBlobPart);
    } catch (DecodingException e) {
      throw frames.damaged(String.valueOf(e.getMessage()));
    }
    if (!progress.isNext(part)) {
      throw frames.damaged("a part of another blob: %s".formatted(part));
    }
    progress.add(part);
    if (progress.length() >= blob.length() && !progress.finish(blob.segment()).equals(blob)) {
      throw frames.damaged("the blob of oid %s is another one".formatted(blob.oid()));
    }
    return part.data().asByteBuffer();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
