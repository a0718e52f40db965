package io.troika.server.front.grpc;

import static io.troika.server.front.grpc.FrontFixture.error;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.troika.api.v1.BeginRequest;
import io.troika.api.v1.BeginResponse;
import io.troika.api.v1.ErrorDetail;
import io.troika.api.v1.ErrorDetail.Code;
import io.troika.api.v1.FindLeaderRequest;
import io.troika.api.v1.Freshness;
import io.troika.api.v1.GetStorageRequest;
import io.troika.api.v1.HistoryId;
import io.troika.api.v1.LoadManyRequest;
import io.troika.api.v1.LoadManyResponse;
import io.troika.api.v1.LoadRequest;
import io.troika.api.v1.LoadSerialRequest;
import io.troika.api.v1.LoadedObject;
import io.troika.api.v1.MemberAddress;
import io.troika.server.core.command.GroupChange.NameCluster;
import io.troika.server.messages.StorageMessages;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reads, and the storage itself. */
final class ReadCallsTest {
  private final FrontFixture fixture = new FrontFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void findLeader_always_saysWhoAnswers() {
    fixture.service.log.follow(2);

    var response = fixture.store().findLeader(FindLeaderRequest.getDefaultInstance());

    assertThat(response.getAnsweringNode()).isEqualTo("n1");
    assertThat(response.getLeader().getNodeId()).isEqualTo("n2");
  }

  @Test
  void findLeader_always_saysWhoVotes() {
    var response = fixture.store().findLeader(FindLeaderRequest.getDefaultInstance());

    assertThat(response.getMembersIndex()).isEqualTo(1);
    assertThat(response.getMembersList())
        .containsExactly(
            MemberAddress.newBuilder().setNodeId("n1").setClientAddress("127.0.0.1:7401").build());
  }

  @Test
  void findLeader_clusterWithAnId_tellsIt() {
    FindLeaderRequest request = FindLeaderRequest.getDefaultInstance();
    assertThat(fixture.store().findLeader(request).getClusterId().isEmpty()).isTrue();

    UUID id = new UUID(1, 2);
    fixture.service.log.apply(new NameCluster(id));

    assertThat(fixture.store().findLeader(request).getClusterId())
        .isEqualTo(StorageMessages.uuid(id));
  }

  @Test
  void getStorage_known_saysWhatItIs() {
    long tid = fixture.commit(1, 0, "a");
    var response =
        fixture.store().getStorage(GetStorageRequest.newBuilder().setStorage("main").build());
    assertThat(response.getStorage().getName()).isEqualTo("main");
    assertThat(response.getStorage().getUuid().size()).isEqualTo(16);
    assertThat(response.getStorage().getLastTid()).isEqualTo(tid);
    assertThat(response.getStorage().getObjectCount()).isEqualTo(1);
    assertThat(response.getLeader().getNodeId()).isEqualTo("n1");
  }

  @Test
  void getStorage_unknown_isNotFound() {
    ErrorDetail detail =
        error(
            () ->
                fixture
                    .store()
                    .getStorage(GetStorageRequest.newBuilder().setStorage("other").build()));
    assertThat(detail.getCode()).isEqualTo(Code.UNKNOWN_STORAGE);
  }

  @Test
  void begin_eachFreshness_isAtTheLastTid() {
    long tid = fixture.commit(1, 0, "a");
    for (Freshness freshness : List.of(Freshness.LINEARIZABLE, Freshness.SESSION)) {
      BeginResponse response =
          fixture
              .store()
              .begin(
                  BeginRequest.newBuilder()
                      .setStorage("main")
                      .setFreshness(freshness)
                      .setAtLeast(tid)
                      .build());
      assertThat(response.getTid()).isEqualTo(tid);
      assertThat(response.getEpoch()).isEqualTo(1);
    }
  }

  @Test
  void begin_linearizableOnAFollower_namesTheLeader() {
    fixture.service.log.follow(2);
    ErrorDetail detail =
        error(
            () ->
                fixture
                    .store()
                    .begin(
                        BeginRequest.newBuilder()
                            .setStorage("main")
                            .setFreshness(Freshness.LINEARIZABLE)
                            .build()));
    assertThat(detail.getCode()).isEqualTo(Code.NOT_LEADER);
    assertThat(detail.getLeader().getClientAddress()).isEqualTo("127.0.0.1:7402");
    assertThat(detail.getLeader().getTerm()).isEqualTo(2);
  }

  @Test
  void load_eachStatus_isSaid() {
    long first = fixture.commit(1, 0, "a");
    long second = fixture.commit(2, 0, "b");
    long third = fixture.delete(1, first);

    LoadedObject found = fixture.load(1, second);
    assertThat(found.getStatus()).isEqualTo(LoadedObject.Status.FOUND);
    assertThat(found.getData().toStringUtf8()).isEqualTo("a");
    assertThat(found.getTid()).isEqualTo(first);
    assertThat(found.getNextTid()).isEqualTo(third);
    assertThat(fixture.load(2, third).getNextTid()).isZero();
    assertThat(fixture.load(1, third).getStatus()).isEqualTo(LoadedObject.Status.ABSENT);
    assertThat(fixture.load(2, first).getStatus()).isEqualTo(LoadedObject.Status.NOT_YET);
    assertThat(fixture.load(9, third).getStatus()).isEqualTo(LoadedObject.Status.UNKNOWN);
  }

  @Test
  void load_tidNotApplied_lags() {
    CompletableFuture<ErrorDetail> detail =
        CompletableFuture.supplyAsync(
            () -> error(() -> fixture.load(1, 99)), task -> new Thread(task).start());
    Awaitility.await().until(() -> fixture.service.timer.pending() > 1);
    fixture.service.timer.advance(Duration.ofSeconds(5));
    assertThat(detail)
        .succeedsWithin(Duration.ofMinutes(1))
        .extracting(ErrorDetail::getCode)
        .isEqualTo(Code.LAGGING);
  }

  @Test
  void load_ofAViewOfAnotherHistory_isRefused() {
    long tid = fixture.commit(1, 0, "a");
    LoadRequest.Builder request = LoadRequest.newBuilder().setStorage("main").setOid(1).setAt(tid);
    HistoryId present = fixture.history();
    HistoryId other = present.toBuilder().setStorageUuid(ByteString.copyFrom(new byte[16])).build();

    assertThat(error(() -> fixture.store().load(request.setHistory(other).build())).getCode())
        .isEqualTo(Code.HISTORY_REPLACED);
    assertThat(fixture.store().load(request.setHistory(present).build()).getObject().getTid())
        .isEqualTo(tid);
  }

  @Test
  void load_tidOutOfRange_isInvalid() {
    assertThat(error(() -> fixture.load(1, -1)).getCode()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(error(() -> fixture.load(1, Long.MAX_VALUE)).getCode())
        .isEqualTo(Code.INVALID_ARGUMENT);
  }

  @Test
  void loadMany_moreThanFits_answersThoseThatDo() {
    String large = "x".repeat(900 << 10);
    LoadManyRequest.Builder request = LoadManyRequest.newBuilder().setStorage("main");
    long tid = 0;
    for (int oid = 0; oid < 6; oid++) {
      tid = fixture.commit(oid, 0, large);
      request.addOids(oid);
    }
    LoadManyResponse response = fixture.store().loadMany(request.setAt(tid).build());
    assertThat(response.getObjectsList()).extracting(LoadedObject::getOid).startsWith(0L, 1L);
    assertThat(response.getObjectsCount()).isBetween(3, 5);
    assertThat(response.getSerializedSize()).isLessThanOrEqualTo(4 << 20);
  }

  /** Few are looked up one by one, many in one walk. */
  @ParameterizedTest
  @ValueSource(ints = {1, 100})
  void loadMany_serialsOnly_areThoseOfTheDataAtEachTid(int objects) {
    List<Long> asked = new ArrayList<>();
    List<Long> tids = new ArrayList<>();
    for (int oid = objects; oid > 0; oid--) {
      long first = fixture.commit(oid, 0, "a");
      asked.add((long) oid);
      tids.add(first);
      if (oid % 3 == 1) {
        tids.add(fixture.commit(oid, first, "b"));
      } else if (oid % 3 == 2) {
        tids.add(fixture.delete(oid, first));
      }
    }
    asked.addAll(List.of(7_777L, asked.get(0)));
    for (long at : tids) {
      LoadManyRequest request =
          LoadManyRequest.newBuilder().setStorage("main").setAt(at).addAllOids(asked).build();

      LoadManyResponse serials =
          fixture.store().loadMany(request.toBuilder().setSerialsOnly(true).build());

      assertThat(serials.getObjectsList())
          .isEqualTo(
              fixture.store().loadMany(request).getObjectsList().stream()
                  .map(object -> object.toBuilder().clearData().clearNextTid().build())
                  .toList());
    }
  }

  @Test
  void loadMany_serialsOnly_atMostAThousandWhateverTheirData() {
    long tid = 0;
    LoadManyRequest.Builder request =
        LoadManyRequest.newBuilder().setStorage("main").setSerialsOnly(true);
    for (int oid = 0; oid < 6; oid++) {
      tid = fixture.commit(oid, 0, "x".repeat(900 << 10));
    }
    for (long oid = 0; oid < 1_001; oid++) {
      request.addOids(oid);
    }

    LoadManyResponse response = fixture.store().loadMany(request.setAt(tid).build());

    assertThat(response.getObjectsList())
        .extracting(LoadedObject::getOid)
        .isEqualTo(request.getOidsList().subList(0, 1_000));
    assertThat(response.getObjectsList().subList(0, 6))
        .extracting(LoadedObject::getStatus)
        .containsOnly(LoadedObject.Status.FOUND);
  }

  @Test
  void loadStream_serialsOnly_isInvalid() {
    LoadManyRequest request =
        LoadManyRequest.newBuilder().setStorage("main").addOids(1).setSerialsOnly(true).build();

    ErrorDetail detail = error(() -> fixture.store().loadStream(request).next());

    assertThat(detail.getCode()).isEqualTo(Code.INVALID_ARGUMENT);
  }

  @Test
  void loadMany_noOids_isInvalid() {
    LoadManyRequest request = LoadManyRequest.newBuilder().setStorage("main").build();
    assertThat(error(() -> fixture.store().loadMany(request)).getCode())
        .isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(error(() -> fixture.store().loadStream(request).next()).getCode())
        .isEqualTo(Code.INVALID_ARGUMENT);
  }

  @Test
  void loadStream_manyLargeObjects_comeInTheAskedOrder() {
    LoadManyRequest.Builder request = LoadManyRequest.newBuilder().setStorage("main");
    long tid = 0;
    for (int oid = 0; oid < 200; oid++) {
      tid = fixture.commit(oid, 0, "x".repeat(10_000));
      request.addOids(199 - oid);
    }
    Iterator<LoadedObject> stream = fixture.store().loadStream(request.setAt(tid).build());
    List<Long> oids = new ArrayList<>();
    stream.forEachRemaining(object -> oids.add(object.getOid()));
    assertThat(oids).isEqualTo(request.getOidsList());
  }

  @Test
  void loadSerial_exactRevision_isFound() {
    long first = fixture.commit(1, 0, "a");
    fixture.commit(1, first, "b");
    LoadedObject object =
        fixture
            .store()
            .loadSerial(
                LoadSerialRequest.newBuilder()
                    .setStorage("main")
                    .setOid(1)
                    .setSerial(first)
                    .build())
            .getObject();
    assertThat(object.getData().toStringUtf8()).isEqualTo("a");
  }
}
