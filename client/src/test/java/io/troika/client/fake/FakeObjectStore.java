package io.troika.client.fake;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.troika.api.v1.AllocateOidsRequest;
import io.troika.api.v1.AllocateOidsResponse;
import io.troika.api.v1.BeginRequest;
import io.troika.api.v1.BeginResponse;
import io.troika.api.v1.BlobPart;
import io.troika.api.v1.CommitRequest;
import io.troika.api.v1.CommitResponse;
import io.troika.api.v1.ErrorDetail;
import io.troika.api.v1.FindLeaderRequest;
import io.troika.api.v1.FindLeaderResponse;
import io.troika.api.v1.Freshness;
import io.troika.api.v1.GetOutcomeRequest;
import io.troika.api.v1.GetOutcomeResponse;
import io.troika.api.v1.GetStorageRequest;
import io.troika.api.v1.GetStorageResponse;
import io.troika.api.v1.HistoryRequest;
import io.troika.api.v1.HistoryResponse;
import io.troika.api.v1.InvalidationsSinceRequest;
import io.troika.api.v1.InvalidationsSinceResponse;
import io.troika.api.v1.LeaderHint;
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
import io.troika.api.v1.ObjectStoreGrpc;
import io.troika.api.v1.ReadBlobRequest;
import io.troika.api.v1.RecordOfTransaction;
import io.troika.api.v1.RestoreRequest;
import io.troika.api.v1.StageChunkRequest;
import io.troika.api.v1.StageChunkResponse;
import io.troika.api.v1.TransactionRecord;
import io.troika.api.v1.TransactionRecordsRequest;
import io.troika.api.v1.WatchEvent;
import io.troika.api.v1.WatchRequest;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** The ObjectStore service of one fake node. */
final class FakeObjectStore extends ObjectStoreGrpc.ObjectStoreImplBase {
  /** Few, so that tests see several pages. */
  private static final int LOAD_MANY_MAX = 100;

  private static final long LOOK_MS = 5;

  private final FakeCluster cluster;
  private final FakeStorage storage;
  private final FakeNode node;
  private final FakeWatches watches;

  FakeObjectStore(FakeCluster cluster, FakeNode node) {
    this.cluster = cluster;
    this.storage = cluster.storage();
    this.node = node;
    this.watches = new FakeWatches(cluster, node);
  }

  /** Looks again and again, which a real node does not need to. */
  @Override
  public void findLeader(FindLeaderRequest request, StreamObserver<FindLeaderResponse> observer) {
    ((ServerCallStreamObserver<?>) observer).setOnCancelHandler(() -> {});
    findLeader(request, observer, System.nanoTime());
  }

  private void findLeader(
      FindLeaderRequest request, StreamObserver<FindLeaderResponse> observer, long sinceNanos) {
    LeaderHint hint = cluster.hintOf(node.index());
    boolean newer = hint.getTerm() > request.getNewerThanTerm() && !hint.getNodeId().isEmpty();
    long waitedMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - sinceNanos);
    if (newer || waitedMs >= request.getWaitMs()) {
      answer(
          observer,
          () -> {
            FindLeaderResponse.Builder response =
                FindLeaderResponse.newBuilder().setLeader(hint).setAnsweringNode(node.answersAs());
            cluster.tellMembers(response);
            cluster.tellCluster(response);
            return response.build();
          });
    } else {
      CompletableFuture.delayedExecutor(LOOK_MS, TimeUnit.MILLISECONDS)
          .execute(() -> findLeader(request, observer, sinceNanos));
    }
  }

  @Override
  public void getStorage(GetStorageRequest request, StreamObserver<GetStorageResponse> observer) {
    answer(
        observer,
        () -> {
          requireFresh(request.getFreshness(), request.getAtLeast());
          return GetStorageResponse.newBuilder()
              .setStorage(
                  storage.info(known(request.getStorage())).toBuilder()
                      .setLastTid(node.appliedTid()))
              .setLeader(cluster.hintOf(node.index()))
              .build();
        });
  }

  @Override
  public void begin(BeginRequest request, StreamObserver<BeginResponse> observer) {
    answer(
        observer,
        () -> {
          known(request.getStorage());
          requireFresh(request.getFreshness(), request.getAtLeast());
          return BeginResponse.newBuilder()
              .setTid(node.appliedTid())
              .setStorageUuid(storage.uuid())
              .setEpoch(storage.epoch())
              .setLeader(cluster.hintOf(node.index()))
              .build();
        });
  }

  @Override
  public void load(LoadRequest request, StreamObserver<LoadResponse> observer) {
    answer(
        observer,
        () -> {
          requireApplied(request.getAt());
          return LoadResponse.newBuilder()
              .setObject(storage.load(request.getOid(), request.getAt()))
              .build();
        });
  }

  @Override
  public void loadMany(LoadManyRequest request, StreamObserver<LoadManyResponse> observer) {
    answer(
        observer,
        () -> {
          requireApplied(request.getAt());
          boolean withData = !(request.getSerialsOnly() && cluster.knowsSerialsOnly());
          LoadManyResponse.Builder response = LoadManyResponse.newBuilder();
          for (long oid : request.getOidsList().stream().limit(LOAD_MANY_MAX).toList()) {
            LoadedObject loaded = storage.load(oid, request.getAt());
            response.addObjects(
                withData ? loaded : loaded.toBuilder().clearData().clearNextTid().build());
          }
          cluster.loaded(response.getObjectsList());
          return response.build();
        });
  }

  @Override
  public void loadSerial(LoadSerialRequest request, StreamObserver<LoadResponse> observer) {
    answer(
        observer,
        () ->
            LoadResponse.newBuilder()
                .setObject(storage.loadSerial(request.getOid(), request.getSerial()))
                .build());
  }

  @Override
  public void commit(CommitRequest request, StreamObserver<CommitResponse> observer) {
    answer(
        observer,
        () -> {
          requireLeader();
          known(request.getStorage());
          return committed(storage.commit(request));
        });
  }

  @Override
  public StreamObserver<CommitRequest> commitStream(StreamObserver<CommitResponse> observer) {
    CommitRequest.Builder whole = CommitRequest.newBuilder();
    return new StreamObserver<>() {
      @Override
      public void onNext(CommitRequest part) {
        whole.mergeFrom(part);
      }

      @Override
      public void onError(Throwable failure) {}

      @Override
      public void onCompleted() {
        commit(whole.build(), observer);
      }
    };
  }

  @Override
  public void stageChunk(StageChunkRequest request, StreamObserver<StageChunkResponse> observer) {
    answer(
        observer,
        () -> {
          requireLeader();
          return StageChunkResponse.newBuilder().setStaged(storage.blobs().stage(request)).build();
        });
  }

  @Override
  public void readBlob(ReadBlobRequest request, StreamObserver<BlobPart> observer) {
    try {
      requireApplied(request.getSerial());
      storage.blobs().read(request).forEach(observer::onNext);
    } catch (StatusRuntimeException e) {
      observer.onError(e);
      return;
    }
    observer.onCompleted();
  }

  @Override
  public void restore(RestoreRequest request, StreamObserver<CommitResponse> observer) {
    answer(
        observer,
        () -> {
          requireLeader();
          return committed(storage.restore(request));
        });
  }

  private CommitResponse committed(long tid) {
    return CommitResponse.newBuilder().setTid(tid).setTerm(cluster.term()).build();
  }

  @Override
  public void getOutcome(GetOutcomeRequest request, StreamObserver<GetOutcomeResponse> observer) {
    answer(
        observer,
        () -> {
          requireLeader();
          return storage.outcome(request.getId(), request.getAbandon());
        });
  }

  @Override
  public void allocateOids(
      AllocateOidsRequest request, StreamObserver<AllocateOidsResponse> observer) {
    answer(
        observer,
        () -> {
          requireLeader();
          return AllocateOidsResponse.newBuilder()
              .setFirst(storage.allocate(request.getCount()))
              .setCount(request.getCount())
              .build();
        });
  }

  @Override
  public void invalidationsSince(
      InvalidationsSinceRequest request, StreamObserver<InvalidationsSinceResponse> observer) {
    answer(
        observer,
        () -> {
          synchronized (storage) {
            if (request.getFreshness() == Freshness.LINEARIZABLE) {
              requireLeader();
            }
            requireApplied(request.getAtLeast());
            Optional<SortedSet<Long>> changed = storage.changedSince(request.getSince());
            return InvalidationsSinceResponse.newBuilder()
                .setComplete(changed.isPresent())
                .setUpTo(storage.lastTid())
                .addAllOids(changed.<Iterable<Long>>map(oids -> oids).orElse(List.of()))
                .setStorageUuid(storage.uuid())
                .setEpoch(storage.epoch())
                .setLeader(cluster.hintOf(node.index()))
                .build();
          }
        });
  }

  @Override
  public void history(HistoryRequest request, StreamObserver<HistoryResponse> observer) {
    answer(
        observer,
        () -> {
          requireFresh(request.getFreshness(), request.getAtLeast());
          HistoryResponse.Builder response = HistoryResponse.newBuilder();
          storage
              .history(request.getOid())
              .headMap(node.appliedTid(), true)
              .descendingMap()
              .entrySet()
              .stream()
              .limit(request.getLimit())
              .forEach(
                  entry ->
                      response.addEntries(
                          HistoryResponse.Entry.newBuilder()
                              .setTid(entry.getKey())
                              .setMetadata(
                                  storage.transaction(entry.getKey()).orElseThrow().getMetadata())
                              .setAbsent(entry.getValue().isEmpty())));
          if (response.getEntriesCount() == 0) {
            throw Errors.of(ErrorDetail.Code.UNKNOWN_OBJECT, "no object " + request.getOid());
          }
          return response.build();
        });
  }

  @Override
  public void listTransactions(
      ListTransactionsRequest request, StreamObserver<ListTransactionsResponse> observer) {
    answer(
        observer,
        () -> {
          requireFresh(request.getFreshness(), request.getAtLeast());
          long applied = node.appliedTid();
          boolean backwards = request.hasBefore();
          long bound = backwards ? request.getBefore() : request.getAfter();
          List<TransactionRecord> found =
              storage.transactions(backwards, bound, applied, request.getLimit() + 1);
          boolean more = found.size() > request.getLimit();
          ListTransactionsResponse.Builder response =
              ListTransactionsResponse.newBuilder().setMore(more).setUpTo(applied);
          found.stream()
              .limit(request.getLimit())
              .map(
                  record -> request.getWithOids() ? record : record.toBuilder().clearOids().build())
              .forEach(response::addTransactions);
          return response.build();
        });
  }

  @Override
  public void transactionRecords(
      TransactionRecordsRequest request, StreamObserver<RecordOfTransaction> observer) {
    try {
      requireFresh(request.getFreshness(), request.getTid());
    } catch (StatusRuntimeException e) {
      observer.onError(e);
      return;
    }
    Optional<TransactionRecord> found = storage.transaction(request.getTid());
    if (found.isEmpty() || request.getTid() > node.appliedTid()) {
      observer.onError(Errors.of(ErrorDetail.Code.UNKNOWN_TRANSACTION, "none"));
      return;
    }
    for (long oid : found.get().getOidsList()) {
      RecordOfTransaction.Builder record = RecordOfTransaction.newBuilder().setOid(oid);
      storage.at(oid, request.getTid()).ifPresent(record::setData);
      observer.onNext(record.build());
    }
    observer.onCompleted();
  }

  @Override
  public void listObjects(
      ListObjectsRequest request, StreamObserver<ListObjectsResponse> observer) {
    answer(
        observer,
        () -> {
          requireApplied(request.getAt());
          List<Long> oids = storage.oids(request.getFrom(), request.getAt());
          int count = Math.min(oids.size(), Math.min(request.getLimit(), LOAD_MANY_MAX));
          boolean more = count < oids.size();
          return ListObjectsResponse.newBuilder()
              .addAllOids(oids.subList(0, count))
              .setMore(more)
              .setNext(more ? oids.get(count) : 0)
              .build();
        });
  }

  @Override
  public void watch(WatchRequest request, StreamObserver<WatchEvent> observer) {
    watches.open((ServerCallStreamObserver<WatchEvent>) observer);
  }

  FakeWatches watches() {
    return watches;
  }

  private static String known(String name) {
    if (name.startsWith("unknown")) {
      throw Errors.of(ErrorDetail.Code.UNKNOWN_STORAGE, "no storage " + name);
    }
    return name;
  }

  private void requireLeader() {
    if (!node.mayDo()) {
      throw Errors.notLeader(cluster.hintOf(node.index()));
    }
  }

  private void requireFresh(Freshness freshness, long atLeast) {
    if (freshness == Freshness.LINEARIZABLE) {
      requireLeader();
    } else if (freshness == Freshness.SESSION) {
      requireApplied(atLeast);
    }
  }

  private void requireApplied(long tid) {
    if (tid > node.appliedTid()) {
      throw Errors.of(
          ErrorDetail.Code.LAGGING, "asked for " + tid + ", applied " + node.appliedTid());
    }
  }

  static <R> void answer(StreamObserver<R> observer, Supplier<R> action) {
    R answer;
    try {
      answer = action.get();
    } catch (StatusRuntimeException e) {
      observer.onError(e);
      return;
    } catch (RuntimeException e) {
      observer.onError(Status.INTERNAL.withDescription("the fake failed: " + e).asException());
      return;
    }
    observer.onNext(answer);
    observer.onCompleted();
  }
}
