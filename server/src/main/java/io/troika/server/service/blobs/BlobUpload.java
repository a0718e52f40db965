package io.troika.server.service.blobs;

import static io.troika.server.core.model.Checks.checkInvariant;

import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Bytes;
import io.troika.server.service.refusals.FailureCause;
import io.troika.server.service.refusals.RequestRefusedException;
import io.troika.server.service.refusals.RequestRefusedException.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Stages one blob: takes its bytes in order, cuts them into chunks, keeps a bounded number of those
 * under way and goes back to the first that was not taken.
 *
 * <pre>{@code
 * BlobUpload upload = leader.upload("main", new BlobId(transaction, part), patience);
 * upload.write(bytes)        // wait for its future before writing more: that is the flow control
 *     .thenCompose(room -> upload.write(more))
 *     .thenCompose(room -> upload.finish())
 *     .thenAccept(reference -> ... new Write(oid, serial, data, reference) ...);
 * upload.close();            // whenever it is given up; harmless after finish
 * }</pre>
 *
 * <p>What is held is at most {@link #WINDOW_CHUNKS} chunks, a part of one, and what a single write
 * brought beyond. An upload that has failed stays so: every future fails with the first failure, of
 * {@link BlobService#stage}. To resume one, upload the same bytes under the same id again, on any
 * node: what is staged is not sent again, and the digest at the end tells whether it was the same.
 *
 * <p>Writes and {@code finish} come one after the other, from any thread; nothing blocks, but a
 * write takes the digest of what it brings. Futures complete on the caller's thread or on one of
 * the log, the network or the executor, so what is attached must be short.
 */
public final class BlobUpload implements AutoCloseable {
  /** All chunks but the last have this size: large enough for speed, small beside a commit. */
  public static final int CHUNK_BYTES = 128 << 10;

  /** Chunks under way at once: those of two log entries, and of the two after them. */
  public static final int WINDOW_CHUNKS = 16;

  /** How often in a row it goes back without getting on. */
  private static final int REWINDS_MAX = 16;

  private final BlobId blob;
  private final Sender sender;

  // Only touched by writes and finish, which come one after the other.
  private byte[] tail = new byte[0]; // what does not fill a chunk yet
  private int tailBytes;

  // All guarded by this; futures are completed and chunks are sent outside.
  private BlobReference content; // all chunks that were cut
  private @Nullable BlobReference staged; // what the log is known to have; null before an answer
  private final List<BlobChunk> unstaged = new ArrayList<>(); // cut, and not known to be staged
  private int sentCount; // so many of them, from the first on, were sent since the last rewind
  private int inFlight;
  private boolean sending; // a thread is at it: chunks are handed over in order
  private boolean rewinding; // a chunk was not taken: go back once none is in flight
  private boolean probing; // the first one after that goes alone
  private int rewinds;
  private @Nullable CompletableFuture<Void> room;
  private @Nullable CompletableFuture<BlobReference> finished;
  private @Nullable Throwable failure;

  /** Where chunks go; fails as {@link BlobService#stage} does. */
  @FunctionalInterface
  public interface Sender {
    CompletableFuture<BlobReference> stage(BlobChunk chunk);
  }

  public BlobUpload(BlobId blob, Sender sender) {
    this.blob = blob;
    this.sender = sender;
    this.content = BlobReference.empty(blob, CHUNK_BYTES);
  }

  /**
   * Takes the next bytes, all of them.
   *
   * @return completes when more may be written; until then nothing must be
   */
  public CompletableFuture<Void> write(Bytes data) {
    add(cut(data));
    CompletableFuture<Void> answer = new CompletableFuture<>();
    synchronized (this) {
      requireTurn();
      room = answer;
    }
    goOn();
    return answer;
  }

  /**
   * Ends the blob.
   *
   * @return what to name in the transaction, once all of it is staged
   */
  public CompletableFuture<BlobReference> finish() {
    if (tailBytes > 0 || content().length() == 0) {
      add(List.of(Bytes.wrap(tail, 0, tailBytes)));
      tail = new byte[0];
      tailBytes = 0;
    }
    CompletableFuture<BlobReference> answer = new CompletableFuture<>();
    synchronized (this) {
      requireTurn();
      finished = answer;
    }
    goOn();
    return answer;
  }

  /** So many bytes are staged for certain. */
  public synchronized long stagedBytes() {
    return staged == null ? 0 : staged.length();
  }

  /** Gives the upload up if it has not ended: nothing more is sent, and its futures fail. */
  @Override
  public void close() {
    fail(new IllegalStateException("the upload of blob " + blob + " was given up"));
  }

  private synchronized BlobReference content() {
    return content;
  }

  private List<Bytes> cut(Bytes data) {
    List<Bytes> pieces = new ArrayList<>();
    int from = 0;
    while (from < data.size()) {
      int size = Math.min(data.size() - from, CHUNK_BYTES - tailBytes);
      if (size == CHUNK_BYTES) {
        pieces.add(data.slice(from, size));
      } else {
        tail = tail.length == 0 ? new byte[CHUNK_BYTES] : tail;
        data.slice(from, size).asByteBuffer().get(tail, tailBytes, size);
        tailBytes += size;
      }
      if (tailBytes == CHUNK_BYTES) {
        pieces.add(Bytes.wrap(tail));
        tail = new byte[0];
        tailBytes = 0;
      }
      from += size;
    }
    return pieces;
  }

  /** The digests are taken outside the monitor, which the thread of the log may want. */
  private void add(List<Bytes> pieces) {
    BlobReference longer = content();
    List<BlobChunk> chunks = new ArrayList<>(pieces.size());
    for (Bytes piece : pieces) {
      chunks.add(new BlobChunk(blob, CHUNK_BYTES, longer.length(), piece));
      longer = longer.with(piece);
    }
    synchronized (this) {
      requireTurn();
      content = longer;
      if (failure == null) {
        unstaged.addAll(chunks);
      }
    }
  }

  private void requireTurn() {
    checkInvariant(finished == null, "blob %s: its upload has ended", blob);
    checkInvariant(room == null, "blob %s: written before there was room", blob);
  }

  /** Sends what may be sent, and answers who can be answered. */
  private void goOn() {
    sendWhatFits();
    answers().forEach(Runnable::run);
  }

  private synchronized List<Runnable> answers() {
    List<Runnable> answers = new ArrayList<>(2);
    CompletableFuture<Void> waiting = room;
    Throwable problem = failure;
    if (waiting != null && (problem != null || unstaged.size() < WINDOW_CHUNKS)) {
      room = null;
      answers.add(
          problem == null
              ? () -> waiting.complete(null)
              : () -> waiting.completeExceptionally(problem));
    }
    CompletableFuture<BlobReference> end = finished;
    if (end != null && problem != null) {
      answers.add(() -> end.completeExceptionally(problem));
    } else if (end != null && unstaged.isEmpty() && staged != null) {
      BlobReference whole = content;
      RuntimeException another = whole.equals(staged) ? null : anotherIsStaged();
      answers.add(
          another == null ? () -> end.complete(whole) : () -> end.completeExceptionally(another));
    }
    return answers;
  }

  private void sendWhatFits() {
    synchronized (this) {
      if (sending) {
        return; // that thread looks again before it ends
      }
      sending = true;
    }
    for (BlobChunk next = next(); next != null; next = next()) {
      send(next);
    }
  }

  private synchronized @Nullable BlobChunk next() {
    if (failure != null
        || rewinding
        || inFlight >= (probing ? 1 : WINDOW_CHUNKS)
        || sentCount >= unstaged.size()) {
      sending = false;
      return null;
    }
    inFlight++;
    return unstaged.get(sentCount++);
  }

  private void send(BlobChunk chunk) {
    CompletableFuture<BlobReference> answer;
    try {
      answer = sender.stage(chunk);
    } catch (RuntimeException e) {
      answer = CompletableFuture.failedFuture(e);
    }
    CompletableFuture<?> unused =
        answer.whenComplete(
            (now, problem) -> {
              if (problem != null) {
                fail(problem);
                return;
              }
              RuntimeException lost = answered(chunk, now);
              if (lost != null) {
                fail(lost);
              } else {
                goOn();
              }
            });
  }

  /** Notes how far the blob is; says so if it is lost. */
  private synchronized @Nullable RuntimeException answered(BlobChunk chunk, BlobReference now) {
    inFlight--;
    if (staged == null || now.length() > staged.length()) {
      staged = now;
      rewinds = 0;
    }
    while (!unstaged.isEmpty() && unstaged.get(0).end() <= staged.length()) {
      unstaged.remove(0);
      sentCount = Math.max(0, sentCount - 1);
    }
    if (now.length() < chunk.end()) {
      // Alone under way, and what it follows is gone: no late answer of another order can say that.
      if (probing && now.length() < chunk.offset()) {
        return lost("%s bytes are staged, %s were before".formatted(now.length(), chunk.offset()));
      }
      rewinding = true;
    } else {
      probing = false;
    }
    if (rewinding && inFlight == 0) {
      rewinding = false;
      probing = true;
      sentCount = 0;
      if (++rewinds > REWINDS_MAX) {
        return lost("a chunk at %s is not taken".formatted(chunk.offset()));
      }
    }
    return null;
  }

  private RuntimeException lost(String why) {
    return new RequestRefusedException(Reason.STAGING_LOST, "blob %s: %s".formatted(blob, why));
  }

  private synchronized RuntimeException anotherIsStaged() {
    return lost(
        "another content is staged under this id: %s bytes, expected %s"
            .formatted(stagedBytes(), content.length()));
  }

  private void fail(Throwable problem) {
    synchronized (this) {
      if (failure == null) {
        failure = FailureCause.of(problem);
        unstaged.clear();
      }
    }
    goOn();
  }
}
