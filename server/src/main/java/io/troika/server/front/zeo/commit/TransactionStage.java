package io.troika.server.front.zeo.commit;

import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.StagedData;
import io.troika.server.service.blobs.BlobUpload;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Where the records of a large transaction go while its client sends more of them: into the log, as
 * bytes of a blob that no object has, under the id under which the transaction will be voted. Each
 * vote ends that blob; what comes after a conflict goes to another one. Guarded by the monitor of
 * {@link CommitCalls}.
 */
final class TransactionStage {
  private final TransactionBlobs blobs;
  private final Executor executor;
  private final List<CompletableFuture<BlobReference>> ended = new ArrayList<>();
  private @Nullable BlobUpload receiving;
  private long length;

  // All that was added is staged, or the first failure; each step begins after the one before.
  private CompletableFuture<?> last = CompletableFuture.completedFuture(null);

  /**
   * Nothing yet.
   *
   * @param executor digests are taken there, and what follows goes on there
   */
  TransactionStage(TransactionBlobs blobs, Executor executor) {
    this.blobs = blobs;
    this.executor = executor;
  }

  /**
   * Puts data at the end.
   *
   * @return where it is going to be
   */
  StagedData add(Bytes data) {
    if (receiving == null) {
      receiving = blobs.stage(ended.size());
      length = 0;
    }
    BlobUpload upload = receiving;
    BlobId id = blobs.stageId(ended.size());
    StagedData place = new StagedData(id, BlobUpload.CHUNK_BYTES, length, data.size());
    length += data.size();
    last = last.thenComposeAsync(done -> upload.write(data), executor);
    return place;
  }

  /** When all that was added has been taken. Whether it succeeds, the vote tells. */
  CompletableFuture<?> taken() {
    return last;
  }

  /**
   * The stages, once all that was added is staged; what comes later goes to another one. Where
   * there are any this completes on the executor: what follows goes through all records.
   */
  CompletableFuture<List<BlobReference>> stages() {
    BlobUpload upload = receiving;
    if (upload != null) {
      ended.add(last.thenComposeAsync(done -> upload.finish(), executor));
      receiving = null;
    }
    if (ended.isEmpty()) {
      return CompletableFuture.completedFuture(List.of());
    }
    List<CompletableFuture<BlobReference>> all = List.copyOf(ended);
    return CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new))
        .thenApplyAsync(done -> all.stream().map(CompletableFuture::join).toList(), executor);
  }
}
