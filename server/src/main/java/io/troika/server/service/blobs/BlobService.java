package io.troika.server.service.blobs;

import static io.troika.server.core.model.Checks.checkInvariant;

import io.troika.server.config.NodeConfig.StagingLimits;
import io.troika.server.core.RevisionReader;
import io.troika.server.core.command.Command.StageChunk;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.Staged;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.BlobKey;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.BlobState;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StagedData;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import io.troika.server.core.mvcc.BlobReads;
import io.troika.server.service.catalog.StorageNames;
import io.troika.server.service.commit.TransactionService;
import io.troika.server.service.ports.ReplicatedLog;
import io.troika.server.service.ports.ServiceTimer;
import io.troika.server.service.ports.WriteGate;
import io.troika.server.service.refusals.RequestRefusedException;
import io.troika.server.service.refusals.RequestRefusedException.Reason;
import io.troika.server.service.refusals.StagingFullException;
import io.troika.server.service.waits.AppliedWaits;
import io.troika.server.service.waits.LeaderWaits;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Blobs: bytes that are too many for a log entry, in three steps.
 *
 * <ol>
 *   <li><em>Stage</em> them under the id of the transaction that is going to bring them: {@link
 *       LeaderTransactions#upload} on any node, {@link #upload} on the leader. Each chunk is a
 *       command in the log, so all nodes have the bytes before the transaction is voted, and a lost
 *       leader loses none of them.
 *   <li><em>Name</em> the reference that the upload ends with in the {@code Write} of the object,
 *       of the same transaction: {@code new Write(oid, serial, data, reference)}. Vote, finish and
 *       commit as ever. A blob that is not there any more refuses the transaction with {@code
 *       Rejected(STAGING_LOST)}: stage it again under another transaction id.
 *   <li><em>Read</em> them by object and serial on any node that has applied that transaction:
 *       {@link #open}.
 * </ol>
 *
 * <p>Until the commit nobody sees a staged blob; without one it goes an hour after its last chunk
 * (limits.staging-keep), in log time, on all nodes at once; or at once when its transaction is
 * refused by the log or abandoned ({@link TransactionService#outcome}). Safe for any thread.
 */
public final class BlobService {
  private final ReplicatedLog log;
  private final LeaderWaits leaderWaits;
  private final RevisionReader reader;
  private final BlobReads reads;
  private final StorageNames names;
  private final AppliedWaits waits;
  private final StagingLimits limits;
  private final ChunkOrder order;

  private volatile WriteGate gate = WriteGate.OPEN;

  public BlobService(
      ReplicatedLog log,
      LeaderWaits leaderWaits,
      RevisionReader reader,
      StorageNames names,
      AppliedWaits waits,
      StagingLimits limits,
      ServiceTimer timer) {
    this.log = log;
    this.leaderWaits = leaderWaits;
    this.reader = reader;
    this.reads = new BlobReads(reader);
    this.names = names;
    this.waits = waits;
    this.limits = limits;
    this.order = new ChunkOrder(this::stagedBytes, timer);
  }

  /** From now on chunks have to pass it. */
  public void guard(WriteGate newGate) {
    gate = newGate;
  }

  /**
   * Stages one chunk; by the leader. Chunks of a blob are sent in order, and may come a little out
   * of it ({@link ChunkOrder}); the answer says how much of it is staged afterwards, so one that
   * ends before this chunk does says from where to send again. Sending a chunk again is harmless.
   *
   * @return fails with the exceptions of {@link ReplicatedLog}, {@link StagingFullException},
   *     {@code DiskFullException}, and {@link RequestRefusedException} (UNKNOWN_STORAGE;
   *     QUOTA_EXCEEDED if so much can't be committed; STAGING_LOST if the blob expired or its
   *     transaction is decided; INVALID_ARGUMENT if other bytes are staged at that offset)
   */
  public CompletableFuture<BlobReference> stage(StorageId storage, BlobChunk chunk) {
    StageChunk command =
        new StageChunk(
            storage,
            chunk.blob(),
            chunk.chunkBytes(),
            chunk.offset(),
            chunk.data(),
            new StageChunk.Terms(
                limits.keep().toMillis(), limits.storageBytesMax(), limits.groupBytesMax()));
    return leaderWaits.whenStarted(
        () ->
            order.send(
                new BlobKey(storage, chunk.blob()),
                chunk,
                () -> {
                  gate.requireOpen();
                  requireRoom(storage, chunk);
                  return log.submit(command).thenApply(outcome -> staged(chunk.blob(), outcome));
                }));
  }

  private long stagedBytes(BlobKey key) {
    BlobState state = reader.blob(key);
    return state == null ? 0 : state.content().length();
  }

  /** Early: what is staged does not count yet, but all of the blob will when it is committed. */
  private void requireRoom(StorageId storage, BlobChunk chunk) {
    StorageState state = reader.storage(storage);
    if (state != null && state.hasQuota() && chunk.end() > state.roomBytes()) {
      throw TransactionService.refusal(Rejected.overQuota(state, chunk.end()));
    }
  }

  private static BlobReference staged(BlobId blob, Outcome outcome) {
    if (outcome instanceof Staged staged) {
      return staged.content();
    }
    if (outcome instanceof Rejected rejected) {
      throw rejected.reason() == Rejected.Reason.STAGING_FULL
          ? new StagingFullException(rejected.message())
          : TransactionService.refusal(rejected);
    }
    checkInvariant(outcome instanceof TransactionOutcome, "a chunk was answered by %s", outcome);
    throw new RequestRefusedException(
        Reason.STAGING_LOST,
        "blob %s: its transaction has an outcome already, %s".formatted(blob, outcome));
  }

  /**
   * Data of a record that is staged, as far as this node has applied it; null if it is not here.
   */
  public @Nullable Bytes stagedData(StorageId storage, StagedData data) {
    return data.read(storage, reader::blobChunk);
  }

  /** Stages a blob on this node, which has to lead; one try a chunk. Otherwise a whole upload. */
  public BlobUpload upload(StorageId storage, BlobId blob) {
    return new BlobUpload(blob, chunk -> stage(storage, chunk));
  }

  /**
   * The blob that the object has in exactly the revision that {@code serial} wrote (after an undo,
   * that of the revision it went back to), once this node has applied it.
   *
   * @param patience how long to wait for that at most, see {@code ReadService}
   * @return fails with {@code LaggingException} and {@link RequestRefusedException}
   *     (UNKNOWN_STORAGE; UNKNOWN_BLOB if there is no such revision, it was packed away, or it has
   *     no blob)
   */
  public CompletableFuture<BlobContent> open(
      String storage, Oid oid, Tid serial, Duration patience) {
    StorageId id = names.find(storage).id();
    return waits.await(id, serial, patience).thenApply(done -> openNow(storage, id, oid, serial));
  }

  private BlobContent openNow(String storage, StorageId id, Oid oid, Tid serial) {
    BlobReference reference = reads.at(id, oid, serial);
    if (reference == null) {
      throw new RequestRefusedException(
          Reason.UNKNOWN_BLOB,
          "oid %s of storage '%s' has no blob at %s".formatted(oid, storage, serial));
    }
    return new BlobContent(reads, id, reference);
  }
}
