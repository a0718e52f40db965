package io.troika.client.internal.transaction;

import io.troika.api.v1.StagedBlob;
import io.troika.client.BlobLostException;
import io.troika.client.Bytes;
import io.troika.client.TransactionId;
import io.troika.client.internal.Futures;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Sends one blob, a few chunks at a time. Each answer says how much is staged, so one that came out
 * of order, as after a change of leader, is sent again; what is under way is kept until then.
 *
 * <p>For one thread, which it blocks.
 */
final class BlobUploader {
  /** All chunks but the last have this size. */
  static final int CHUNK_BYTES = 128 << 10;

  /** Chunks under way at once. */
  static final int WINDOW_CHUNKS = 16;

  private final StoreCalls calls;
  private final TransactionId id;
  private final int part;
  private final ChunkDigest digest = new ChunkDigest();
  private final Deque<Chunk> window = new ArrayDeque<>();
  private StagedBlob staged = StagedBlob.getDefaultInstance();
  private long length;

  private record Chunk(long offset, Bytes data, CompletableFuture<StagedBlob> answer) {
    long end() {
      return offset + data.size();
    }
  }

  BlobUploader(StoreCalls calls, TransactionId id, int part) {
    this.calls = calls;
    this.id = id;
    this.part = part;
  }

  /** Reads to the end; on return the cluster has all of it. */
  StagedBlob upload(InputStream source) {
    boolean more = true;
    while (more) {
      byte[] next = read(source);
      more = next.length == CHUNK_BYTES;
      if (next.length > 0 || length == 0) {
        while (window.size() >= WINDOW_CHUNKS) {
          settleFirst();
        }
        Bytes data = Bytes.wrap(next);
        digest.add(data.asByteBuffer());
        window.add(new Chunk(length, data, send(length, data)));
        length += next.length;
      }
    }
    while (!window.isEmpty()) {
      settleFirst();
    }
    return verified();
  }

  private static byte[] read(InputStream source) {
    try {
      return source.readNBytes(CHUNK_BYTES);
    } catch (IOException e) {
      throw new UncheckedIOException("the blob can't be read", e);
    }
  }

  private CompletableFuture<StagedBlob> send(long offset, Bytes data) {
    return calls.stage(id, part, CHUNK_BYTES, offset, data);
  }

  private void settleFirst() {
    Chunk first = window.element();
    if (await(first.answer()).getLength() >= first.end()) {
      window.remove();
    } else {
      goBack();
    }
  }

  /** Once all are answered, sends one after the other what was not taken. */
  private void goBack() {
    List<Chunk> chunks = List.copyOf(window);
    window.clear();
    chunks.forEach(each -> await(each.answer()));
    for (Chunk each : chunks) {
      if (staged.getLength() < each.end()) {
        long now = await(send(each.offset(), each.data())).getLength();
        if (now < each.end()) {
          throw lost("%d bytes are staged, %d were before".formatted(now, each.offset()));
        }
      }
    }
  }

  private StagedBlob await(CompletableFuture<StagedBlob> answer) {
    StagedBlob now = Futures.await(answer);
    if (now.getLength() >= staged.getLength()) {
      staged = now;
    }
    return now;
  }

  /** The server has taken the digest of what arrived there. */
  private StagedBlob verified() {
    if (!digest.isOf(staged, length)) {
      throw lost("other bytes are staged: %d, expected %d".formatted(staged.getLength(), length));
    }
    return staged;
  }

  private BlobLostException lost(String why) {
    return new BlobLostException("blob %d of transaction %s: %s".formatted(part, id, why));
  }
}
