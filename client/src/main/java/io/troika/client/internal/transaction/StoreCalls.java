package io.troika.client.internal.transaction;

import io.troika.api.v1.AllocateOidsRequest;
import io.troika.api.v1.BeginRequest;
import io.troika.api.v1.BlobPart;
import io.troika.api.v1.CommitRequest;
import io.troika.api.v1.CommitResponse;
import io.troika.api.v1.GetOutcomeRequest;
import io.troika.api.v1.GetStorageRequest;
import io.troika.api.v1.HistoryId;
import io.troika.api.v1.HistoryRequest;
import io.troika.api.v1.InvalidationsSinceRequest;
import io.troika.api.v1.ListObjectsRequest;
import io.troika.api.v1.ListObjectsResponse;
import io.troika.api.v1.ListTransactionsResponse;
import io.troika.api.v1.LoadManyRequest;
import io.troika.api.v1.LoadManyResponse;
import io.troika.api.v1.LoadRequest;
import io.troika.api.v1.LoadSerialRequest;
import io.troika.api.v1.LoadedObject;
import io.troika.api.v1.ReadBlobRequest;
import io.troika.api.v1.StageChunkRequest;
import io.troika.api.v1.StageChunkResponse;
import io.troika.api.v1.StagedBlob;
import io.troika.api.v1.TransactionRecordsRequest;
import io.troika.client.Bytes;
import io.troika.client.HistoryEntry;
import io.troika.client.Oid;
import io.troika.client.RecordedChange;
import io.troika.client.RestoredTransaction;
import io.troika.client.StorageInfo;
import io.troika.client.Tid;
import io.troika.client.TransactionId;
import io.troika.client.TransactionQuery;
import io.troika.client.internal.codec.CommitCodec;
import io.troika.client.internal.codec.FeedEvent;
import io.troika.client.internal.codec.HistoryCodec;
import io.troika.client.internal.codec.Recency;
import io.troika.client.internal.codec.ValueCodec;
import io.troika.client.internal.connection.CallPlan;
import io.troika.client.internal.connection.Cluster;
import io.troika.client.internal.connection.Rpc;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** The calls of one storage, in client types; nothing is cached here. */
final class StoreCalls {
  private final Cluster cluster;
  private final String storage;

  StoreCalls(Cluster cluster, String storage) {
    this.cluster = cluster;
    this.storage = storage;
  }

  /** To the leader of the storage's Raft group, where a leader is meant. */
  private CallPlan plan() {
    return cluster.plan().about(storage);
  }

  String storage() {
    return storage;
  }

  /** What a node says of a new view. */
  record Begun(Tid tid, UUID storageUuid, long epoch) {}

  /**
   * @param waited how long who asks has waited before
   */
  CompletableFuture<Begun> begin(Recency recency, Duration waited) {
    BeginRequest request =
        BeginRequest.newBuilder()
            .setStorage(storage)
            .setFreshness(recency.message())
            .setAtLeast(recency.atLeast().value())
            .build();
    return cluster
        .call(
            recency.isLinearizable() ? Rpc.BEGIN_LINEARIZABLE : Rpc.BEGIN_SESSION,
            request,
            plan().after(waited))
        .thenApply(
            answer ->
                new Begun(
                    ValueCodec.tid(answer.getTid()),
                    ValueCodec.uuid(answer.getStorageUuid()),
                    answer.getEpoch()));
  }

  CompletableFuture<StorageInfo> info(Recency recency) {
    GetStorageRequest request =
        GetStorageRequest.newBuilder()
            .setStorage(storage)
            .setFreshness(recency.message())
            .setAtLeast(recency.atLeast().value())
            .build();
    return cluster
        .call(recency.isLinearizable() ? Rpc.GET_STORAGE : Rpc.GET_STORAGE_SESSION, request, plan())
        .thenApply(answer -> ValueCodec.storage(answer.getStorage()));
  }

  /**
   * @param history that the view belongs to, if it has a name
   */
  CompletableFuture<LoadedObject> load(Oid oid, Tid at, Optional<HistoryId> history) {
    LoadRequest.Builder request =
        LoadRequest.newBuilder().setStorage(storage).setOid(oid.value()).setAt(at.value());
    history.ifPresent(request::setHistory);
    return cluster.call(Rpc.LOAD, request.build(), plan()).thenApply(answer -> answer.getObject());
  }

  /** The first k of the oids, k at least 1. */
  CompletableFuture<LoadManyResponse> loadMany(
      List<Oid> oids, Tid at, Optional<HistoryId> history) {
    return cluster.call(Rpc.LOAD_MANY, many(oids, at, history).build(), plan());
  }

  /** The serials of the first k of the oids, k at least 1; an older node sends data too. */
  CompletableFuture<LoadManyResponse> serials(List<Oid> oids, Tid at, Optional<HistoryId> history) {
    return cluster.call(
        Rpc.LOAD_MANY, many(oids, at, history).setSerialsOnly(true).build(), plan());
  }

  private LoadManyRequest.Builder many(List<Oid> oids, Tid at, Optional<HistoryId> history) {
    LoadManyRequest.Builder request =
        LoadManyRequest.newBuilder()
            .setStorage(storage)
            .addAllOids(ValueCodec.oids(oids))
            .setAt(at.value());
    history.ifPresent(request::setHistory);
    return request;
  }

  CompletableFuture<LoadedObject> loadSerial(Oid oid, Tid serial) {
    LoadSerialRequest request =
        LoadSerialRequest.newBuilder()
            .setStorage(storage)
            .setOid(oid.value())
            .setSerial(serial.value())
            .build();
    return cluster.call(Rpc.LOAD_SERIAL, request, plan()).thenApply(answer -> answer.getObject());
  }

  /** Commits a transaction; one that is large is staged before, see {@link StagedCommit}. */
  CompletableFuture<Tid> commit(
      TransactionId id,
      CommitCodec.Content content,
      Optional<HistoryId> history,
      boolean conflictData) {
    return new StagedCommit(id, List.of(new StagedCommit.Share(this, content.data())))
        .commit(
            staged ->
                commit(id, new CommitCodec.Share(content, history, staged.get(0)), conflictData));
  }

  private CompletableFuture<Tid> commit(
      TransactionId id, CommitCodec.Share only, boolean conflictData) {
    List<CommitRequest> requests = CommitCodec.requests(id, only, conflictData);
    CallPlan plan = plan().committing(id);
    CompletableFuture<CommitResponse> answer =
        requests.size() == 1
            ? cluster.call(Rpc.COMMIT, requests.get(0), plan)
            : cluster.call(Rpc.COMMIT_STREAM, requests, plan);
    return answer.thenApply(committed -> ValueCodec.tid(committed.getTid()));
  }

  /** Whether they are asked of the same cluster, through the same client. */
  boolean isOf(Cluster other) {
    return cluster == other;
  }

  /** Stages a chunk of a blob; answers how much of it is staged then. */
  CompletableFuture<StagedBlob> stage(
      TransactionId id, int part, int chunkBytes, long offset, Bytes data) {
    return stage(id, part, chunkBytes, offset, data, 0);
  }

  /**
   * The same.
   *
   * @param transactionBytes all data of the transaction, if it is data of its records
   */
  CompletableFuture<StagedBlob> stage(
      TransactionId id, int part, int chunkBytes, long offset, Bytes data, long transactionBytes) {
    StageChunkRequest request =
        StageChunkRequest.newBuilder()
            .setTransaction(ValueCodec.transactionId(id))
            .setStorage(storage)
            .setPart(part)
            .setChunkBytes(chunkBytes)
            .setOffset(offset)
            .setData(ValueCodec.bytes(data))
            .setTransactionBytes(transactionBytes)
            .build();
    return cluster.call(Rpc.STAGE_CHUNK, request, plan()).thenApply(StageChunkResponse::getStaged);
  }

  /** Lets go of what is staged for a transaction, which never commits then; not once closed. */
  CompletableFuture<?> abandon(TransactionId id) {
    if (cluster.isClosed()) {
      return CompletableFuture.completedFuture(Boolean.FALSE);
    }
    return cluster.call(
        Rpc.GET_OUTCOME,
        GetOutcomeRequest.newBuilder()
            .setId(ValueCodec.transactionId(id))
            .setAbandon(true)
            .setStorage(storage)
            .build(),
        plan());
  }

  /** What the blob is, then bytes of a range of it; all of them are collected. */
  CompletableFuture<List<BlobPart>> readBlob(Oid oid, Tid serial, long offset, int bytesMax) {
    ReadBlobRequest request =
        ReadBlobRequest.newBuilder()
            .setStorage(storage)
            .setOid(oid.value())
            .setSerial(serial.value())
            .setOffset(offset)
            .setLength(bytesMax)
            .build();
    return cluster.call(Rpc.READ_BLOB, request, plan());
  }

  /**
   * Copies transactions; staged as in {@link #commit} if they are large together.
   *
   * @param blobs staged under the id, one for each change with a blob, in their order
   */
  CompletableFuture<Tid> restore(
      TransactionId id, List<RestoredTransaction> transactions, List<StagedBlob> blobs) {
    List<Bytes> data =
        transactions.stream()
            .flatMap(transaction -> transaction.changes().stream())
            .filter(RestoredTransaction.Written.class::isInstance)
            .map(change -> ((RestoredTransaction.Written) change).data())
            .toList();
    return new StagedCommit(id, List.of(new StagedCommit.Share(this, data)))
        .commit(
            staged ->
                cluster
                    .call(
                        Rpc.RESTORE,
                        HistoryCodec.restore(storage, id, transactions, blobs, staged.get(0)),
                        plan().committing(id))
                    .thenApply(committed -> ValueCodec.tid(committed.getTid())));
  }

  CompletableFuture<OidSource.Block> allocateOids(int count) {
    AllocateOidsRequest request =
        AllocateOidsRequest.newBuilder().setStorage(storage).setCount(count).build();
    return cluster
        .call(Rpc.ALLOCATE_OIDS, request, plan())
        .thenApply(block -> new OidSource.Block(block.getFirst(), block.getCount()));
  }

  /** Asks the leader, which proves that it is one, what was changed after {@code since}. */
  CompletableFuture<FeedEvent.Missed> missed(Tid since, Tid atLeast) {
    InvalidationsSinceRequest request =
        InvalidationsSinceRequest.newBuilder()
            .setStorage(storage)
            .setSince(since.value())
            .setAtLeast(atLeast.value())
            .setFreshness(io.troika.api.v1.Freshness.LINEARIZABLE)
            .build();
    return cluster.call(Rpc.INVALIDATIONS_SINCE, request, plan()).thenApply(FeedEvent.Missed::of);
  }

  CompletableFuture<List<HistoryEntry>> history(Oid oid, int limit, Recency recency) {
    HistoryRequest request =
        HistoryRequest.newBuilder()
            .setStorage(storage)
            .setOid(oid.value())
            .setLimit(limit)
            .setFreshness(recency.message())
            .setAtLeast(recency.atLeast().value())
            .build();
    return cluster
        .call(
            recency.isLinearizable() ? Rpc.HISTORY_LINEARIZABLE : Rpc.HISTORY_SESSION,
            request,
            plan())
        .thenApply(HistoryCodec::history);
  }

  CompletableFuture<ListTransactionsResponse> transactions(
      TransactionQuery query, Recency recency) {
    return cluster.call(
        recency.isLinearizable() ? Rpc.TRANSACTIONS_LINEARIZABLE : Rpc.TRANSACTIONS_SESSION,
        HistoryCodec.query(storage, query, recency),
        plan());
  }

  /**
   * @param recency with SESSION the tid itself is waited for
   */
  CompletableFuture<List<RecordedChange>> changes(Tid tid, Recency recency) {
    TransactionRecordsRequest request =
        TransactionRecordsRequest.newBuilder()
            .setStorage(storage)
            .setTid(tid.value())
            .setFreshness(recency.message())
            .build();
    return cluster.call(
        recency.isLinearizable() ? Rpc.RECORDS_LINEARIZABLE : Rpc.RECORDS_SESSION, request, plan());
  }

  CompletableFuture<ListObjectsResponse> objects(Oid from, Tid at, int limit) {
    ListObjectsRequest request =
        ListObjectsRequest.newBuilder()
            .setStorage(storage)
            .setFrom(from.value())
            .setAt(at.value())
            .setLimit(limit)
            .build();
    return cluster.call(Rpc.LIST_OBJECTS, request, plan());
  }
}
