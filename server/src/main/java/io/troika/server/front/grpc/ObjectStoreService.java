package io.troika.server.front.grpc;

import io.grpc.stub.StreamObserver;
import io.troika.api.v1.AbortRequest;
import io.troika.api.v1.AbortResponse;
import io.troika.api.v1.AllocateOidsRequest;
import io.troika.api.v1.AllocateOidsResponse;
import io.troika.api.v1.BeginRequest;
import io.troika.api.v1.BeginResponse;
import io.troika.api.v1.BlobPart;
import io.troika.api.v1.CommitRequest;
import io.troika.api.v1.CommitResponse;
import io.troika.api.v1.FindLeaderRequest;
import io.troika.api.v1.FindLeaderResponse;
import io.troika.api.v1.FinishRequest;
import io.troika.api.v1.GetOutcomeRequest;
import io.troika.api.v1.GetOutcomeResponse;
import io.troika.api.v1.GetStorageRequest;
import io.troika.api.v1.GetStorageResponse;
import io.troika.api.v1.HistoryRequest;
import io.troika.api.v1.HistoryResponse;
import io.troika.api.v1.InvalidationsSinceRequest;
import io.troika.api.v1.InvalidationsSinceResponse;
import io.troika.api.v1.ListObjectsRequest;
import io.troika.api.v1.ListObjectsResponse;
import io.troika.api.v1.ListTransactionsRequest;
import io.troika.api.v1.ListTransactionsResponse;
import io.troika.api.v1.LoadManyRequest;
import io.troika.api.v1.LoadManyResponse;
import io.troika.api.v1.LoadRequest;
import io.troika.api.v1.LoadResponse;
import io.troika.api.v1.LoadSerialRequest;
import io.troika.api.v1.LoadedObject;
import io.troika.api.v1.ObjectStoreGrpc.ObjectStoreImplBase;
import io.troika.api.v1.ReadBlobRequest;
import io.troika.api.v1.RecordOfTransaction;
import io.troika.api.v1.RestoreRequest;
import io.troika.api.v1.StageBlobRequest;
import io.troika.api.v1.StageChunkRequest;
import io.troika.api.v1.StageChunkResponse;
import io.troika.api.v1.TransactionRecordsRequest;
import io.troika.api.v1.VoteRequest;
import io.troika.api.v1.VoteResponse;
import io.troika.api.v1.WatchEvent;
import io.troika.api.v1.WatchRequest;
import io.troika.server.service.StoreGroups;
import java.util.concurrent.Executor;

/**
 * {@code troika.v1.ObjectStore}, as a table: which call is answered where. What a method throws or
 * hands to {@code onError} becomes a status in {@link ErrorInterceptor}.
 */
final class ObjectStoreService extends ObjectStoreImplBase {
  private final ReadCalls reads;
  private final HistoryCalls history;
  private final CommitCalls commits;
  private final WatchCalls watches;
  private final BlobCalls blobs;

  ObjectStoreService(String nodeId, StoreGroups groups, WatchCalls watches, Executor pool) {
    this.reads = new ReadCalls(nodeId, groups);
    this.history = new HistoryCalls(groups, pool);
    this.commits = new CommitCalls(groups, pool);
    this.watches = watches;
    this.blobs = new BlobCalls(groups);
  }

  @Override
  public void findLeader(FindLeaderRequest request, StreamObserver<FindLeaderResponse> observer) {
    reads.findLeader(request, observer);
  }

  @Override
  public void getStorage(GetStorageRequest request, StreamObserver<GetStorageResponse> observer) {
    reads.getStorage(request, observer);
  }

  @Override
  public void begin(BeginRequest request, StreamObserver<BeginResponse> observer) {
    reads.begin(request, observer);
  }

  @Override
  public void load(LoadRequest request, StreamObserver<LoadResponse> observer) {
    reads.load(request, observer);
  }

  @Override
  public void loadMany(LoadManyRequest request, StreamObserver<LoadManyResponse> observer) {
    reads.loadMany(request, observer);
  }

  @Override
  public void loadStream(LoadManyRequest request, StreamObserver<LoadedObject> observer) {
    reads.loadStream(request, observer);
  }

  @Override
  public void loadSerial(LoadSerialRequest request, StreamObserver<LoadResponse> observer) {
    reads.loadSerial(request, observer);
  }

  @Override
  public void commit(CommitRequest request, StreamObserver<CommitResponse> observer) {
    commits.commit(request, observer);
  }

  @Override
  public StreamObserver<CommitRequest> commitStream(StreamObserver<CommitResponse> observer) {
    return commits.commitStream(observer);
  }

  @Override
  public StreamObserver<CommitRequest> commitTogether(StreamObserver<CommitResponse> observer) {
    return commits.commitTogether(observer);
  }

  @Override
  public void vote(VoteRequest request, StreamObserver<VoteResponse> observer) {
    commits.vote(request, observer);
  }

  @Override
  public void finish(FinishRequest request, StreamObserver<CommitResponse> observer) {
    commits.finish(request, observer);
  }

  @Override
  public void abort(AbortRequest request, StreamObserver<AbortResponse> observer) {
    commits.abort(request, observer);
  }

  @Override
  public void getOutcome(GetOutcomeRequest request, StreamObserver<GetOutcomeResponse> observer) {
    commits.getOutcome(request, observer);
  }

  @Override
  public void allocateOids(
      AllocateOidsRequest request, StreamObserver<AllocateOidsResponse> observer) {
    commits.allocateOids(request, observer);
  }

  @Override
  public void restore(RestoreRequest request, StreamObserver<CommitResponse> observer) {
    commits.restore(request, observer);
  }

  @Override
  public void stageChunk(StageChunkRequest request, StreamObserver<StageChunkResponse> observer) {
    blobs.stageChunk(request, observer);
  }

  @Override
  public StreamObserver<StageBlobRequest> stageBlob(StreamObserver<StageChunkResponse> observer) {
    return blobs.stageBlob(observer);
  }

  @Override
  public void readBlob(ReadBlobRequest request, StreamObserver<BlobPart> observer) {
    blobs.readBlob(request, observer);
  }

  @Override
  public void watch(WatchRequest request, StreamObserver<WatchEvent> observer) {
    watches.watch(request, observer);
  }

  @Override
  public void invalidationsSince(
      InvalidationsSinceRequest request, StreamObserver<InvalidationsSinceResponse> observer) {
    reads.invalidationsSince(request, observer);
  }

  @Override
  public void history(HistoryRequest request, StreamObserver<HistoryResponse> observer) {
    history.history(request, observer);
  }

  @Override
  public void listTransactions(
      ListTransactionsRequest request, StreamObserver<ListTransactionsResponse> observer) {
    history.listTransactions(request, observer);
  }

  @Override
  public void transactionRecords(
      TransactionRecordsRequest request, StreamObserver<RecordOfTransaction> observer) {
    history.transactionRecords(request, observer);
  }

  @Override
  public void listObjects(
      ListObjectsRequest request, StreamObserver<ListObjectsResponse> observer) {
    reads.listObjects(request, observer);
  }
}
