package io.troika.server.front.grpc;

import static io.troika.server.core.model.Checks.requireArgument;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.troika.api.v1.BeginRequest;
import io.troika.api.v1.BeginResponse;
import io.troika.api.v1.FindLeaderRequest;
import io.troika.api.v1.FindLeaderResponse;
import io.troika.api.v1.GetStorageRequest;
import io.troika.api.v1.GetStorageResponse;
import io.troika.api.v1.InvalidationsSinceRequest;
import io.troika.api.v1.InvalidationsSinceResponse;
import io.troika.api.v1.ListObjectsRequest;
import io.troika.api.v1.ListObjectsResponse;
import io.troika.api.v1.LoadManyRequest;
import io.troika.api.v1.LoadManyResponse;
import io.troika.api.v1.LoadRequest;
import io.troika.api.v1.LoadResponse;
import io.troika.api.v1.LoadSerialRequest;
import io.troika.api.v1.LoadedObject;
import io.troika.server.core.model.Oid;
import io.troika.server.core.mvcc.InvalidationsResult;
import io.troika.server.messages.StorageMessages;
import io.troika.server.service.StoreGroups;
import io.troika.server.service.catalog.ExpectedHistory;
import io.troika.server.service.ports.GroupMembers;
import io.troika.server.service.reads.AppliedView;
import io.troika.server.service.reads.ReadService;
import io.troika.server.service.reads.ReadService.Invalidations;
import io.troika.server.service.reads.ReadService.ReadView;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** Reads at a tid, and the question which tid. */
final class ReadCalls {
  /** Oids of one request. */
  static final int OIDS_MAX = 10_000;

  /** Answers of LoadMany are cut here, after the object that crosses it if it is the first. */
  static final int ANSWER_BYTES_MAX = (4 << 20) - (64 << 10);

  private static final int OBJECTS_DEFAULT = 1_000;
  private static final int OBJECT_OVERHEAD_BYTES = 48;

  private final String nodeId;
  private final StoreGroups groups;

  ReadCalls(String nodeId, StoreGroups groups) {
    this.nodeId = nodeId;
    this.groups = groups;
  }

  private ReadService reads(String storage) {
    return groups.of(storage).reads();
  }

  void findLeader(FindLeaderRequest request, StreamObserver<FindLeaderResponse> observer) {
    Duration wait = Duration.ofMillis(Integer.toUnsignedLong(request.getWaitMs()));
    Calls.answer(
        observer,
        () -> {
          // Who looks for the leader of a group that is no more has to learn that first: g0 tells.
          boolean gone = groups.catalog().dropped().contains(request.getGroup());
          return gone
              ? groups.main().findLeader(0, wait)
              : groups.group(request.getGroup()).findLeader(request.getNewerThanTerm(), wait);
        },
        known -> {
          GroupMembers members = groups.main().members(); // the others follow
          FindLeaderResponse.Builder answer = FindLeaderResponse.newBuilder();
          groups.clusterId().map(StorageMessages::uuid).ifPresent(answer::setClusterId);
          return answer
              .setLeader(ToProto.leaderHint(known))
              .setAnsweringNode(nodeId)
              .setMembersIndex(members.index())
              .addAllMembers(members.members().stream().map(ToProto::member).toList())
              .build();
        });
  }

  void getStorage(GetStorageRequest request, StreamObserver<GetStorageResponse> observer) {
    Calls.answer(
        observer,
        () ->
            reads(request.getStorage())
                .fresh(
                    request.getStorage(),
                    FromProto.freshnessOrSession(request.getFreshness()),
                    FromProto.tid("at_least", request.getAtLeast()),
                    Calls.patience()),
        state ->
            GetStorageResponse.newBuilder()
                .setStorage(StorageMessages.info(state, groups.of(request.getStorage()).group()))
                .setLeader(ToProto.leaderHint(groups.of(request.getStorage()).leadership()))
                .build());
  }

  void begin(BeginRequest request, StreamObserver<BeginResponse> observer) {
    Calls.answer(
        observer,
        () ->
            reads(request.getStorage())
                .begin(
                    request.getStorage(),
                    FromProto.freshness(request.getFreshness()),
                    FromProto.tid("at_least", request.getAtLeast()),
                    Calls.patience()),
        ReadCalls::beginResponse);
  }

  private static BeginResponse beginResponse(ReadView view) {
    return BeginResponse.newBuilder()
        .setTid(view.tid().value())
        .setStorageUuid(StorageMessages.uuid(view.storage().uuid()))
        .setEpoch(view.storage().epoch())
        .setLeader(ToProto.leaderHint(view.leadership()))
        .build();
  }

  void load(LoadRequest request, StreamObserver<LoadResponse> observer) {
    Calls.answer(
        observer,
        () ->
            view(
                request.getStorage(),
                FromProto.history(request.hasHistory(), request.getHistory()),
                request.getAt()),
        view ->
            LoadResponse.newBuilder()
                .setObject(ToProto.loaded(view.load(new Oid(request.getOid()))))
                .build());
  }

  void loadMany(LoadManyRequest request, StreamObserver<LoadManyResponse> observer) {
    Calls.answer(
        observer,
        () -> {
          requireOids(request.getOidsCount());
          return view(
              request.getStorage(),
              FromProto.history(request.hasHistory(), request.getHistory()),
              request.getAt());
        },
        view ->
            request.getSerialsOnly()
                ? serials(view, request.getOidsList())
                : asManyAsFit(view, request.getOidsList()));
  }

  private static LoadManyResponse serials(AppliedView view, List<Long> oids) {
    List<Oid> asked = oids.stream().limit(AppliedView.SERIALS_MAX).map(Oid::new).toList();
    return LoadManyResponse.newBuilder()
        .addAllObjects(view.serials(asked).stream().map(ToProto::serial).toList())
        .build();
  }

  private static LoadManyResponse asManyAsFit(AppliedView view, List<Long> oids) {
    LoadManyResponse.Builder response = LoadManyResponse.newBuilder();
    long sizeBytes = 0;
    for (Long oid : oids) {
      LoadedObject object = ToProto.loaded(view.load(new Oid(oid)));
      sizeBytes += OBJECT_OVERHEAD_BYTES + object.getData().size();
      if (sizeBytes > ANSWER_BYTES_MAX && response.getObjectsCount() > 0) {
        break;
      }
      response.addObjects(object);
    }
    return response.build();
  }

  void loadStream(LoadManyRequest request, StreamObserver<LoadedObject> observer) {
    StreamPump<LoadedObject> pump =
        StreamPump.attach((ServerCallStreamObserver<LoadedObject>) observer);
    requireOids(request.getOidsCount());
    requireArgument(!request.getSerialsOnly(), "serials_only: expected with LoadMany only");
    Iterator<Long> oids = request.getOidsList().iterator();
    CompletableFuture<?> unused =
        view(
                request.getStorage(),
                FromProto.history(request.hasHistory(), request.getHistory()),
                request.getAt())
            .whenComplete(
                (view, failure) -> {
                  if (failure != null) {
                    observer.onError(failure);
                  } else {
                    pump.start(mapped(oids, oid -> ToProto.loaded(view.load(new Oid(oid)))));
                  }
                });
  }

  private static <A, B> Iterator<B> mapped(Iterator<A> source, Function<A, B> function) {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return source.hasNext();
      }

      @Override
      public B next() {
        return function.apply(source.next());
      }
    };
  }

  private static void requireOids(int count) {
    requireArgument(count >= 1 && count <= OIDS_MAX, "%s oids: expected 1 to %s", count, OIDS_MAX);
  }

  void loadSerial(LoadSerialRequest request, StreamObserver<LoadResponse> observer) {
    Calls.answer(
        observer,
        () ->
            reads(request.getStorage())
                .loadSerial(
                    request.getStorage(),
                    new Oid(request.getOid()),
                    FromProto.tid("serial", request.getSerial()),
                    Calls.patience()),
        result -> LoadResponse.newBuilder().setObject(ToProto.loaded(result)).build());
  }

  void listObjects(ListObjectsRequest request, StreamObserver<ListObjectsResponse> observer) {
    Calls.answer(
        observer,
        () -> view(request.getStorage(), ExpectedHistory.ANY, request.getAt()),
        view -> {
          int limit = FromProto.limit(request.getLimit(), OBJECTS_DEFAULT, AppliedView.OBJECTS_MAX);
          return objectsResponse(view.objects(new Oid(request.getFrom()), limit), limit);
        });
  }

  private static ListObjectsResponse objectsResponse(List<Oid> oids, int limit) {
    ListObjectsResponse.Builder response = ListObjectsResponse.newBuilder();
    oids.forEach(oid -> response.addOids(oid.value()));
    Oid last = oids.isEmpty() ? Oid.MAX : oids.get(oids.size() - 1);
    if (oids.size() == limit && !last.equals(Oid.MAX)) {
      response.setMore(true).setNext(last.next().value());
    }
    return response.build();
  }

  void invalidationsSince(
      InvalidationsSinceRequest request, StreamObserver<InvalidationsSinceResponse> observer) {
    Calls.answer(
        observer,
        () ->
            reads(request.getStorage())
                .invalidationsSince(
                    request.getStorage(),
                    FromProto.tid("since", request.getSince()),
                    FromProto.freshness(request.getFreshness()),
                    FromProto.tid("at_least", request.getAtLeast()),
                    Calls.patience()),
        ReadCalls::invalidationsResponse);
  }

  private static InvalidationsSinceResponse invalidationsResponse(Invalidations invalidations) {
    InvalidationsSinceResponse.Builder response =
        InvalidationsSinceResponse.newBuilder()
            .setUpTo(invalidations.storage().lastTid().value())
            .setStorageUuid(StorageMessages.uuid(invalidations.storage().uuid()))
            .setEpoch(invalidations.storage().epoch())
            .setLeader(ToProto.leaderHint(invalidations.leadership()));
    if (invalidations.result() instanceof InvalidationsResult.Complete complete) {
      response.setComplete(true).setUpTo(complete.upTo().value());
      complete.oids().forEach(oid -> response.addOids(oid.value()));
    }
    return response.build();
  }

  private CompletableFuture<AppliedView> view(String storage, ExpectedHistory history, long at) {
    return reads(storage).at(storage, history, FromProto.tid("at", at), Calls.patience());
  }
}
