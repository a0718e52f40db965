package io.troika.server.front.grpc;

import static io.troika.server.front.grpc.FrontFixture.error;
import static io.troika.server.front.grpc.FrontFixture.write;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.troika.api.v1.BeginRequest;
import io.troika.api.v1.CommitRequest;
import io.troika.api.v1.CommitResponse;
import io.troika.api.v1.ErrorDetail;
import io.troika.api.v1.ErrorDetail.Code;
import io.troika.api.v1.Freshness;
import io.troika.api.v1.GetOutcomeRequest;
import io.troika.api.v1.GetOutcomeResponse;
import io.troika.api.v1.LoadRequest;
import io.troika.api.v1.ObjectStoreGrpc;
import io.troika.api.v1.StageChunkRequest;
import io.troika.api.v1.StagedBlob;
import io.troika.api.v1.StagedData;
import io.troika.api.v1.TransactionId;
import io.troika.api.v1.TransactionMetadata;
import io.troika.api.v1.Write;
import io.troika.server.access.AccessControl;
import io.troika.server.config.SecurityConfig;
import io.troika.server.core.command.Command.ChangeAccess;
import io.troika.server.core.command.Command.CreateStorage;
import io.troika.server.core.model.AccessGrant;
import io.troika.server.core.model.AccessKey;
import io.troika.server.core.model.Permission;
import io.troika.server.service.ServiceFixture;
import io.troika.server.service.ports.FakeLog;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Transactions over several storages, as they are sent. */
final class CommitTogetherTest {
  private static final String TOKEN = "some.aaaaaaaaaaaaaaaaaaaa";

  private ServiceFixture service = withStorages();
  private FrontFixture fixture = new FrontFixture(service);

  private static ServiceFixture withStorages() {
    ServiceFixture service = new ServiceFixture();
    for (String name : List.of("orders", "stock")) {
      var unused = service.log.apply(new CreateStorage(name, new UUID(9, name.hashCode())));
    }
    return service;
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private CompletableFuture<CommitResponse> commit(Channel channel, List<CommitRequest> parts) {
    FirstAnswer<CommitResponse> answer = new FirstAnswer<>();
    StreamObserver<CommitRequest> stream =
        ObjectStoreGrpc.newStub(channel)
            .withDeadlineAfter(20, TimeUnit.SECONDS)
            .commitTogether(answer);
    parts.forEach(stream::onNext);
    stream.onCompleted();
    return answer.future();
  }

  private ErrorDetail refusal(CommitRequest... parts) {
    return refusal(fixture.channel, parts);
  }

  private ErrorDetail refusal(Channel channel, CommitRequest... parts) {
    return error(
        () -> {
          try {
            commit(channel, List.of(parts)).get(20, TimeUnit.SECONDS);
          } catch (ExecutionException e) {
            throw e.getCause();
          }
        });
  }

  private CommitRequest first(String storage) {
    return fixture.transaction().setStorage(storage).addWrites(write(1, 0, storage)).build();
  }

  private static CommitRequest next(String storage) {
    return CommitRequest.newBuilder().setStorage(storage).addWrites(write(1, 0, storage)).build();
  }

  private long last(String storage) {
    return service
        .service
        .reads()
        .applied(service.service.storageToChange(storage).id())
        .lastTid()
        .value();
  }

  private StagedBlob stage(TransactionId id, String storage, String data) {
    return fixture
        .store()
        .stageChunk(
            StageChunkRequest.newBuilder()
                .setTransaction(id)
                .setStorage(storage)
                .setPart(7)
                .setChunkBytes(100)
                .setData(ByteString.copyFromUtf8(data))
                .setTransactionBytes(data.length())
                .build())
        .getStaged();
  }

  private static CommitRequest.Builder staged(CommitRequest.Builder part, StagedBlob stage) {
    return part.addStages(stage)
        .addWrites(
            Write.newBuilder()
                .setOid(1)
                .setStaged(
                    StagedData.newBuilder()
                        .setPart(stage.getPart())
                        .setOffset(1)
                        .setLength((int) stage.getLength() - 1)));
  }

  @Test
  void commit_stagedInEachStorage_isReadFromThere() {
    TransactionId id = fixture.newId();
    StagedBlob inStock = stage(id, "stock", ".of stock");
    CommitRequest first =
        staged(fixture.transaction().setId(id).setStorage("stock"), inStock).build();
    CommitRequest more = CommitRequest.newBuilder().addWrites(write(2, 0, "more")).build();
    CommitRequest.Builder next = CommitRequest.newBuilder().setStorage("orders");

    // One that was staged in the other storage is none.
    assertThat(refusal(first, staged(next.clone(), inStock).build()).getCode())
        .isEqualTo(Code.STAGING_LOST);
    TransactionId again = fixture.newId();
    inStock = stage(again, "stock", ".of stock");
    StagedBlob inOrders = stage(again, "orders", ".and of orders");
    long tid =
        commit(
                fixture.channel,
                List.of(
                    staged(fixture.transaction().setId(again).setStorage("stock"), inStock).build(),
                    more,
                    staged(next.clone(), inOrders).build()))
            .join()
            .getTid();

    assertThat(load("stock", tid)).isEqualTo("of stock");
    assertThat(load("orders", tid)).isEqualTo("and of orders");
  }

  private String load(String storage, long at) {
    return fixture
        .store()
        .load(LoadRequest.newBuilder().setStorage(storage).setOid(1).setAt(at).build())
        .getObject()
        .getData()
        .toStringUtf8();
  }

  @Test
  void commit_partsOfTwoStorages_areOneTransaction() {
    CommitRequest more = CommitRequest.newBuilder().addWrites(write(2, 0, "more")).build();
    List<CommitRequest> parts = List.of(first("stock"), next("orders"), more);

    long tid = commit(fixture.channel, parts).join().getTid();

    assertThat(last("orders")).isEqualTo(tid);
    assertThat(last("stock")).isEqualTo(tid);
    assertThat(service.service.storageToChange("orders").objectCount()).isEqualTo(2);
    assertThat(
            fixture
                .store()
                .begin(
                    BeginRequest.newBuilder()
                        .setStorage("orders")
                        .setFreshness(Freshness.LINEARIZABLE)
                        .build())
                .getTid())
        .isEqualTo(tid);
    assertThat(commit(fixture.channel, parts).join().getTid()).isEqualTo(tid);
  }

  @Test
  void commit_conflict_namesTheStorageAndIsTheOutcome() {
    var unused = commit(fixture.channel, List.of(first("stock"), next("orders"))).join();
    // A read that expects nothing is no conflict that is certain: applying finds it, and records
    // it.
    CommitRequest reading =
        fixture.transaction().setStorage("main").addWrites(write(7, 0, "x")).build();
    CommitRequest stale =
        next("stock").toBuilder()
            .clearWrites()
            .addReads(io.troika.api.v1.ReadCheck.newBuilder().setOid(1))
            .build();

    ErrorDetail detail = refusal(reading, stale);

    assertThat(detail.getCode()).isEqualTo(Code.CONFLICT);
    assertThat(detail.getConflicts(0).getStorage()).isEqualTo("stock");
    assertThat(detail.getTransaction()).isEqualTo(reading.getId());
    assertThat(last("main")).isZero();
    GetOutcomeResponse outcome =
        fixture.store().getOutcome(GetOutcomeRequest.newBuilder().setId(reading.getId()).build());
    assertThat(outcome.getConflicts(0).getStorage()).isEqualTo("stock");
  }

  @Test
  void commit_conflictDataAskedFor_comesFromItsStorage() {
    var unused = commit(fixture.channel, List.of(first("stock"), next("orders"))).join();

    ErrorDetail detail =
        refusal(
            first("main").toBuilder().setConflictData(true).build(), next("orders"), next("stock"));

    assertThat(detail.getConflictsList())
        .extracting(each -> each.getStorage() + ": " + each.getCurrentData().toStringUtf8())
        .containsExactlyInAnyOrder("orders: orders", "stock: stock");
  }

  @Test
  void commit_oneStorageOnlyOrTwiceOrUnknownOrWithTwoHeaders_isRefused() {
    assertThat(refusal(first("stock")).getMessage()).contains("expected 2 to 16");
    assertThat(refusal(first("stock"), next("stock")).getMessage()).contains("named twice");
    assertThat(refusal(first("stock"), next("none")).getCode()).isEqualTo(Code.UNKNOWN_STORAGE);
    assertThat(refusal(first("stock"), first("orders")).getMessage()).contains("first part only");
    assertThat(
            refusal(
                    first("stock"),
                    next("orders").toBuilder()
                        .setMetadata(TransactionMetadata.getDefaultInstance())
                        .build())
                .getMessage())
        .contains("first part only");
    List<CommitRequest> many = new ArrayList<>(List.of(first("stock")));
    for (int i = 0; i < 16; i++) {
      many.add(next("s" + i));
    }
    assertThat(refusal(many.toArray(CommitRequest[]::new)).getMessage())
        .contains("more than 16 storages");
    assertThat(last("stock")).isZero();
  }

  /** The rest of what was sent would look like the whole. */
  @Test
  void commit_oneStorageIsNotGranted_nothingOfItHappens() {
    Channel channel = granted("orders", "stock");

    ErrorDetail detail = refusal(channel, first("orders"), next("main"), next("stock"));

    assertThat(detail.getCode()).isEqualTo(Code.PERMISSION_DENIED);
    for (String name : List.of("orders", "stock", "main")) {
      assertThat(last(name)).as(name).isZero();
    }
    long tid = commit(channel, List.of(first("orders"), next("stock"))).join().getTid();
    assertThat(last("stock")).isEqualTo(tid);
  }

  /** What streams hold that are not at their end is bounded for all of them together. */
  @Test
  void commit_refusedAgainAndAgain_leavesRoomForOthers() {
    Channel channel = granted("orders", "stock");
    String large = "x".repeat(FakeLog.COMMAND_BYTES_MAX - 1_000);
    for (long held = 0; held <= CommitAssembly.BUDGET_BYTES; held += large.length()) {
      CommitRequest part =
          fixture.transaction().setStorage("orders").addWrites(write(1, 0, large)).build();
      assertThat(refusal(channel, part, next("main")).getCode()).isEqualTo(Code.PERMISSION_DENIED);
    }

    assertThat(commit(channel, List.of(first("orders"), next("stock"))).join().getTid())
        .isPositive();
  }

  /** For a caller who may write to these storages only. */
  private Channel granted(String... storages) {
    fixture.close();
    service = withStorages();
    AccessKey key = new AccessKey(AccessKey.Kind.TOKEN, "some");
    var unused =
        service.log.apply(
            new ChangeAccess(
                key,
                new AccessGrant(
                    key,
                    List.of(Permission.WRITE),
                    List.of(storages),
                    0,
                    AccessControl.hash(TOKEN))));
    fixture =
        new FrontFixture(
            service,
            new AccessControl(
                SecurityConfig.DEFAULT.requiringAccess(List.of()),
                service.store::access,
                () -> 1_000_000));
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + TOKEN);
    return ClientInterceptors.intercept(
        fixture.channel, MetadataUtils.newAttachHeadersInterceptor(headers));
  }
}
