package io.troika.server.front.zeo.commit;

import io.troika.server.core.command.Command.Write;
import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.front.zeo.session.StorageSession;
import io.troika.server.front.zeo.session.ZeoError;
import io.troika.server.service.blobs.BlobUpload;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The blobs that a client sends within a transaction. They are staged as they come, under the id
 * under which the transaction will be voted; the vote names them. Guarded by the monitor of {@link
 * CommitCalls}, but for what is said to be done elsewhere.
 */
final class TransactionBlobs {
  /** Small blobs need not wait for each other, but what is on its way is bounded. */
  private static final int ENDING_MAX = 8;

  private final StorageSession session;
  private final Supplier<TransactionId> newId;
  private final Map<Oid, CompletableFuture<BlobReference>> stored = new LinkedHashMap<>();
  private final ArrayDeque<CompletableFuture<BlobReference>> ending = new ArrayDeque<>();
  private final List<BlobUpload> uploads = new ArrayList<>();
  private int count; // of blobs that were begun
  private @Nullable TransactionId id;
  private @Nullable BlobUpload receiving;

  /**
   * None.
   *
   * @param newId names the transaction when the first one comes
   */
  TransactionBlobs(StorageSession session, Supplier<TransactionId> newId) {
    this.session = session;
    this.newId = newId;
  }

  /** What the transaction has to be called because of what is staged; null if nothing is. */
  @Nullable TransactionId id() {
    return id;
  }

  /**
   * {@code storeBlobStart}: what follows is another blob.
   *
   * @return when the next message may come, as all that add
   */
  CompletableFuture<?> begin() {
    if (receiving != null) {
      throw ZeoError.transaction("storeBlobStart before the end of another blob");
    }
    receiving = upload(new BlobId(named(), count++));
    return CompletableFuture.completedFuture(null);
  }

  /** Begins a stage of the transaction's records; they count from the other end of the numbers. */
  BlobUpload stage(int number) {
    return upload(stageId(number));
  }

  BlobId stageId(int number) {
    return new BlobId(named(), Integer.MAX_VALUE - number);
  }

  private TransactionId named() {
    if (id == null) {
      id = newId.get();
    }
    return id;
  }

  private BlobUpload upload(BlobId blob) {
    BlobUpload upload =
        session.context().leader().upload(session.name(), blob, StorageSession.LEADER_WAIT_MAX);
    uploads.add(upload);
    return upload;
  }

  /** {@code storeBlobChunk}; digests are taken on the executor. */
  CompletableFuture<?> add(Bytes chunk) {
    BlobUpload upload = receiving();
    return later(() -> upload.write(chunk));
  }

  /** {@code storeBlobEnd}. */
  CompletableFuture<?> end(Oid oid) {
    BlobUpload upload = receiving();
    receiving = null;
    CompletableFuture<BlobReference> reference = later(upload::finish);
    stored.put(oid, reference);
    ending.add(reference);
    return ending.size() > ENDING_MAX ? ending.remove() : CompletableFuture.completedFuture(null);
  }

  private BlobUpload receiving() {
    if (receiving == null) {
      throw ZeoError.transaction("a part of a blob without storeBlobStart");
    }
    return receiving;
  }

  private <T> CompletableFuture<T> later(Supplier<CompletableFuture<T>> step) {
    return CompletableFuture.completedFuture(step)
        .thenComposeAsync(Supplier::get, session.context().executor());
  }

  boolean isEmpty() {
    return count == 0;
  }

  /**
   * The writes with their blobs, once those are staged; fails if one could not be. Called while the
   * transaction takes nothing more, without the monitor.
   */
  CompletableFuture<List<Write>> writes(List<Write> plain) {
    if (stored.isEmpty()) {
      return CompletableFuture.completedFuture(plain);
    }
    return CompletableFuture.allOf(stored.values().toArray(CompletableFuture<?>[]::new))
        .thenApply(done -> named(plain));
  }

  private List<Write> named(List<Write> plain) {
    Map<Oid, BlobReference> references = new HashMap<>();
    stored.forEach((oid, reference) -> references.put(oid, reference.join()));
    return plain.stream()
        .map(
            write ->
                new Write(
                    write.oid(),
                    write.serial(),
                    write.data(),
                    references.get(write.oid()),
                    write.staged()))
        .toList();
  }

  /**
   * The transaction has ended: what is on its way is given up, and also what has arrived, but for a
   * transaction that may be committed.
   */
  void close(boolean mayBeCommitted) {
    TransactionId staged = id;
    if (staged == null) {
      return;
    }
    List<BlobUpload> ended = List.copyOf(uploads);
    // Not here: whoever waits for an upload goes on by that.
    session.context().executor().execute(() -> giveUp(ended, mayBeCommitted ? null : staged));
    uploads.clear();
    receiving = null;
  }

  private void giveUp(List<BlobUpload> ended, @Nullable TransactionId abandoned) {
    ended.forEach(BlobUpload::close);
    if (abandoned != null) {
      // Whether it arrives or not: what is staged expires.
      CompletableFuture<?> unused =
          session
              .context()
              .leader()
              .abandon(session.name(), abandoned, StorageSession.LEADER_WAIT_MAX);
    }
  }
}
