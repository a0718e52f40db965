package io.troika.client.internal.transaction;

import io.troika.client.BrokenException;
import io.troika.client.internal.Futures;
import io.troika.client.internal.codec.ValueCodec;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Bytes of a blob in order: one piece is being read while the next is on its way. Of a whole blob
 * the digest is taken; the end is not told before it is the right one. For one thread.
 */
final class BlobStream extends InputStream {
  private static final int PIECE_BYTES = 1 << 20;

  private final StoredBlob blob;
  private final long end;
  private final int pieceBytes;
  private final @Nullable ChunkDigest digest;
  private ByteBuffer piece = ByteBuffer.allocate(0);
  private @Nullable CompletableFuture<byte[]> next;
  private long asked; // up to here pieces were asked for
  private boolean closed;

  /** Asks for nothing yet. */
  BlobStream(StoredBlob blob, long from, long end) {
    this.blob = blob;
    this.end = end;
    this.asked = from;
    int chunkBytes = blob.info().getChunkBytes();
    // Whole chunks, because the digest goes by them.
    this.pieceBytes = Math.max(1, PIECE_BYTES / chunkBytes) * chunkBytes;
    this.digest = from == 0 && end == blob.length() ? new ChunkDigest() : null;
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

  @Override
  public int available() {
    return piece.remaining();
  }

  private boolean isAtEnd() throws IOException {
    if (closed) {
      throw new IOException("the stream is closed");
    }
    if (piece.hasRemaining()) {
      return false;
    }
    if (next == null) {
      next = ask();
    }
    CompletableFuture<byte[]> coming = next;
    if (coming == null) {
      return true;
    }
    // Until it is there it stays the next: who reads on after a failure is not told of an end.
    piece = ByteBuffer.wrap(Futures.await(coming));
    next = ask();
    verify(next == null);
    return false;
  }

  private @Nullable CompletableFuture<byte[]> ask() {
    int size = (int) Math.min(pieceBytes, end - asked);
    if (size == 0) {
      return null;
    }
    CompletableFuture<byte[]> answer = blob.read(asked, size);
    asked += size;
    return answer;
  }

  /** Before the last piece is handed out, so that nobody takes a wrong blob for whole. */
  private void verify(boolean last) {
    ChunkDigest taken = digest;
    if (taken == null) {
      return;
    }
    int chunkBytes = blob.info().getChunkBytes();
    for (int at = 0; at < piece.limit(); at += chunkBytes) {
      taken.add(piece.slice(at, Math.min(chunkBytes, piece.limit() - at)));
    }
    if (last && !taken.value().equals(ValueCodec.bytes(blob.info().getDigest()))) {
      piece = ByteBuffer.allocate(0);
      BrokenException broken =
          new BrokenException(
              "oid %s at %s: the bytes of its blob are not those that were committed"
                  .formatted(blob.oid(), blob.serial()),
              null);
      next = CompletableFuture.failedFuture(broken);
      throw broken;
    }
  }

  @Override
  public void close() {
    closed = true;
    next = null;
    piece = ByteBuffer.allocate(0);
  }
}
