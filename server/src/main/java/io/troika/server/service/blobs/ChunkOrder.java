package io.troika.server.service.blobs;

import io.troika.server.core.model.BlobKey;
import io.troika.server.core.model.BlobReference;
import io.troika.server.service.ports.ServiceTimer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Brings the chunks of a blob into their order before the log. They are calls of their own, which
 * share a connection in pieces and overtake each other; one that is logged before its predecessor
 * is not taken, and its sender goes back. So one that comes early is held for a moment.
 *
 * <p>Bounded in bytes and in time; beyond, a chunk goes its way, which does no harm. Safe for any
 * thread; nothing is sent and no future is completed under the monitor.
 */
final class ChunkOrder {
  /** For longer than a predecessor is on its way; a lost one is sent again. */
  static final Duration HELD_MAX = Duration.ofMillis(100);

  static final long HELD_BYTES_MAX = 16 << 20;

  private final ToLongFunction<BlobKey> staged;
  private final ServiceTimer timer;
  private final Map<BlobKey, Line> lines = new HashMap<>(); // guarded by this
  private long heldBytes; // guarded by this

  /** The chunks of one blob that are here; gone when the last of them is answered. */
  private static final class Line {
    private final TreeMap<Long, Chunk> held = new TreeMap<>();
    private final ArrayDeque<Chunk> due = new ArrayDeque<>();
    private boolean sending;
    private long next; // all before this offset is due, went to the log, or is in the state
    private int unanswered; // of those that are here, held or not

    void add(Chunk chunk) {
      due.add(chunk);
      next = Math.max(next, chunk.chunk().end());
    }
  }

  private record Chunk(
      BlobChunk chunk,
      Supplier<CompletableFuture<BlobReference>> sending,
      CompletableFuture<BlobReference> answer) {}

  /**
   * None.
   *
   * @param staged how much of a blob the state has
   */
  ChunkOrder(ToLongFunction<BlobKey> staged, ServiceTimer timer) {
    this.staged = staged;
    this.timer = timer;
  }

  /** Sends the chunk, when those before it were sent. */
  CompletableFuture<BlobReference> send(
      BlobKey key, BlobChunk chunk, Supplier<CompletableFuture<BlobReference>> sending) {
    long known = staged.applyAsLong(key);
    Chunk arrived = new Chunk(chunk, sending, new CompletableFuture<>());
    if (isHeld(key, arrived, known)) {
      var unused = timer.schedule(HELD_MAX, () -> heldTooLong(key, arrived));
    }
    sendDue(key);
    return arrived.answer();
  }

  private synchronized boolean isHeld(BlobKey key, Chunk arrived, long known) {
    Line line = lines.computeIfAbsent(key, none -> new Line());
    line.next = Math.max(line.next, known);
    line.unanswered++;
    long offset = arrived.chunk().offset();
    int bytes = arrived.chunk().data().size();
    if (offset <= line.next) {
      line.add(arrived);
      while (!line.held.isEmpty() && line.held.firstKey() <= line.next) {
        Chunk first = line.held.pollFirstEntry().getValue();
        heldBytes -= first.chunk().data().size();
        line.add(first);
      }
      return false;
    }
    if (heldBytes + bytes > HELD_BYTES_MAX || line.held.putIfAbsent(offset, arrived) != null) {
      line.due.add(arrived);
      return false;
    }
    heldBytes += bytes;
    return true;
  }

  private void heldTooLong(BlobKey key, Chunk chunk) {
    synchronized (this) {
      Line line = lines.get(key);
      if (line == null || !line.held.remove(chunk.chunk().offset(), chunk)) {
        return;
      }
      heldBytes -= chunk.chunk().data().size();
      line.due.add(chunk);
    }
    sendDue(key);
  }

  /** One thread at a time for each blob, as what is due has to arrive in its order. */
  private void sendDue(BlobKey key) {
    synchronized (this) {
      Line line = lines.get(key);
      if (line == null || line.sending) {
        return; // that thread looks again before it ends
      }
      line.sending = true;
    }
    for (Chunk next = nextDue(key); next != null; next = nextDue(key)) {
      send(key, next);
    }
  }

  private synchronized @Nullable Chunk nextDue(BlobKey key) {
    Line line = lines.get(key);
    if (line == null) {
      return null;
    }
    Chunk next = line.due.poll();
    if (next == null) {
      line.sending = false;
      removeIfOver(key, line);
    }
    return next;
  }

  private void send(BlobKey key, Chunk chunk) {
    CompletableFuture<BlobReference> sent;
    try {
      sent = chunk.sending().get();
    } catch (RuntimeException e) {
      sent = CompletableFuture.failedFuture(e);
    }
    var unused =
        sent.whenComplete(
            (content, failure) -> {
              answered(key);
              if (failure == null) {
                chunk.answer().complete(content);
              } else {
                chunk.answer().completeExceptionally(failure);
              }
            });
  }

  private synchronized void answered(BlobKey key) {
    Line line = lines.get(key);
    if (line != null) {
      line.unanswered--;
      removeIfOver(key, line);
    }
  }

  private void removeIfOver(BlobKey key, Line line) {
    if (line.unanswered == 0 && !line.sending) {
      lines.remove(key);
    }
  }
}
