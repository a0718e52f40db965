package io.troika.client.internal.transaction;

import io.troika.api.v1.StagedBlob;
import io.troika.client.BlobLostException;
import io.troika.client.Bytes;
import io.troika.client.TransactionId;
import io.troika.client.internal.Futures;
import io.troika.client.internal.codec.StagedRecords;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Sends the data of a large transaction ahead of it: some chunks at once, and the next ones when
 * these are staged, so that others' commits find their way between them. Each answer says how much
 * is staged, so what was not taken, as after a change of leader, is sent again.
 *
 * <p>Nothing here blocks. One step at a time: the next is made by whoever ends the one before.
 */
final class RecordStager {
  private static final int CHUNK_BYTES = BlobUploader.CHUNK_BYTES;
  private static final int WINDOW_CHUNKS = BlobUploader.WINDOW_CHUNKS;

  private final StoreCalls calls;
  private final TransactionId id;
  private final StagedRecords records;
  private final long transactionBytes;
  private final CompletableFuture<StagedRecords> result = new CompletableFuture<>();
  private final ChunkDigest digest = new ChunkDigest();
  private final Iterator<Bytes> source;
  private ByteBuffer record = ByteBuffer.allocate(0);
  private long length; // of all chunks that were made
  private List<Chunk> window = List.of(); // sent, and not known to be staged
  private StagedBlob staged = StagedBlob.getDefaultInstance();
  private boolean alone; // what was not taken is sent again, one after the other

  private record Chunk(long offset, Bytes data) {
    long end() {
      return offset + data.size();
    }
  }

  /**
   * @param transactionBytes all data of the transaction, this included
   */
  RecordStager(StoreCalls calls, TransactionId id, StagedRecords records, long transactionBytes) {
    this.calls = calls;
    this.id = id;
    this.records = records;
    this.transactionBytes = transactionBytes;
    this.source = records.records().iterator();
  }

  /** Completes, with the same records, once all of them are staged. */
  CompletableFuture<StagedRecords> send() {
    run();
    return result;
  }

  private void run() {
    try {
      // A loop where answers are there at once: no stack grows with the transaction.
      for (CompletableFuture<?> step = step(); step != null; step = step()) {
        if (!step.isDone()) {
          Futures.whenDone(
              step,
              (done, reason) -> {
                if (reason == null) {
                  run();
                } else {
                  result.completeExceptionally(reason);
                }
              });
          return;
        }
        step.join();
      }
      result.complete(verified());
    } catch (RuntimeException e) {
      result.completeExceptionally(Futures.reason(e));
    }
  }

  /** Null at the end. */
  private @Nullable CompletableFuture<?> step() {
    int before = window.size();
    window = window.stream().filter(each -> each.end() > staged.getLength()).toList();
    if (window.isEmpty()) {
      alone = false;
      window = nextChunks();
      return window.isEmpty() ? null : send(window);
    }
    if (alone && window.size() == before) {
      throw lost("those from byte %d on are not taken".formatted(window.get(0).offset()));
    }
    alone = true;
    return send(window.subList(0, 1));
  }

  private CompletableFuture<?> send(List<Chunk> chunks) {
    List<CompletableFuture<StagedBlob>> answers = new ArrayList<>(chunks.size());
    for (Chunk each : chunks) {
      answers.add(
          calls.stage(
              id, StagedRecords.PART, CHUNK_BYTES, each.offset(), each.data(), transactionBytes));
    }
    return CompletableFuture.allOf(answers.toArray(CompletableFuture<?>[]::new))
        .thenRun(() -> answers.forEach(answer -> answered(answer.join())));
  }

  private void answered(StagedBlob now) {
    if (now.getLength() >= staged.getLength()) {
      staged = now;
    }
  }

  private List<Chunk> nextChunks() {
    List<Chunk> chunks = new ArrayList<>(WINDOW_CHUNKS);
    for (Bytes data = nextChunk(); data != null; data = nextChunk()) {
      digest.add(data.asByteBuffer());
      chunks.add(new Chunk(length, data));
      length += data.size();
      if (chunks.size() == WINDOW_CHUNKS) {
        break;
      }
    }
    return chunks;
  }

  private @Nullable Bytes nextChunk() {
    long left = records.sizeBytes() - length;
    if (left == 0) {
      return null;
    }
    byte[] chunk = new byte[(int) Math.min(CHUNK_BYTES, left)];
    for (int done = 0; done < chunk.length; ) {
      if (!record.hasRemaining()) {
        record = source.next().asByteBuffer();
      }
      int size = Math.min(record.remaining(), chunk.length - done);
      record.get(chunk, done, size);
      done += size;
    }
    return Bytes.wrap(chunk);
  }

  /** The server has taken the digest of what arrived there. */
  private StagedRecords verified() {
    if (!digest.isOf(staged, length)) {
      throw lost("other bytes are staged: %d, expected %d".formatted(staged.getLength(), length));
    }
    records.sent(staged);
    return records;
  }

  private BlobLostException lost(String why) {
    return new BlobLostException("records of transaction %s: %s".formatted(id, why));
  }
}
