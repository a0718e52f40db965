package io.troika.server.front.grpc;

import static io.troika.server.front.grpc.FrontFixture.error;
import static io.troika.server.front.grpc.FrontFixture.write;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.troika.api.v1.AllocateOidsRequest;
import io.troika.api.v1.CommitRequest;
import io.troika.api.v1.Delete;
import io.troika.api.v1.ErrorDetail.Code;
import io.troika.api.v1.GetOutcomeRequest;
import io.troika.api.v1.GetOutcomeResponse;
import io.troika.api.v1.RestoreRequest;
import io.troika.api.v1.RestoredRecord;
import io.troika.api.v1.RestoredTransaction;
import io.troika.api.v1.TransactionId;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Outcomes, blocks of oids, copies of transactions. */
final class OutcomeCallsTest {
  private final FrontFixture fixture = new FrontFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  private GetOutcomeResponse outcome(TransactionId id, boolean abandon) {
    return fixture
        .store()
        .getOutcome(GetOutcomeRequest.newBuilder().setId(id).setAbandon(abandon).build());
  }

  @Test
  void getOutcome_each_isSaid() {
    CommitRequest committed = fixture.transaction().addWrites(write(1, 0, "a")).build();
    long tid = fixture.store().commit(committed).getTid();
    assertThat(outcome(committed.getId(), false).getTid()).isEqualTo(tid);

    TransactionId unseen = fixture.newId();
    assertThat(outcome(unseen, false).getOutcome()).isEqualTo(GetOutcomeResponse.Outcome.NOT_SEEN);
    assertThat(outcome(unseen, true).getOutcome()).isEqualTo(GetOutcomeResponse.Outcome.ABANDONED);
    CommitRequest late =
        CommitRequest.newBuilder()
            .setId(unseen)
            .setStorage("main")
            .addWrites(write(2, 0, "b"))
            .build();
    assertThat(error(() -> fixture.store().commit(late)).getCode()).isEqualTo(Code.ABANDONED);

    CommitRequest rejected =
        fixture.transaction().addDeletes(Delete.newBuilder().setOid(77)).build();
    assertThat(error(() -> fixture.store().commit(rejected)).getCode())
        .isEqualTo(Code.UNKNOWN_OBJECT);
    assertThat(outcome(rejected.getId(), false).getOutcome())
        .isEqualTo(GetOutcomeResponse.Outcome.REJECTED);

    CommitRequest conflicting = fixture.transaction().addWrites(write(1, tid + 1, "b")).build();
    error(() -> fixture.store().commit(conflicting));
    assertThat(outcome(conflicting.getId(), false).getConflicts(0).getSerialCurrent())
        .isEqualTo(tid);

    fixture.commit(1, tid, "b");
    CommitRequest undo = fixture.transaction().addUndos(tid).build();
    error(() -> fixture.store().commit(undo));
    assertThat(outcome(undo.getId(), false).getUndoObstaclesCount()).isEqualTo(1);
  }

  @Test
  void allocateOids_twice_disjointBlocks() {
    AllocateOidsRequest request =
        AllocateOidsRequest.newBuilder().setStorage("main").setCount(10).build();
    long first = fixture.store().allocateOids(request).getFirst();
    assertThat(fixture.store().allocateOids(request).getFirst()).isEqualTo(first + 10);
    for (int count : List.of(0, -1, 1_000_001)) {
      AllocateOidsRequest bad = request.toBuilder().setCount(count).build();
      assertThat(error(() -> fixture.store().allocateOids(bad)).getCode())
          .isEqualTo(Code.INVALID_ARGUMENT);
    }
  }

  @Test
  void allocateOids_unknownStorageOnAFollower_isNotLeader() {
    fixture.service.log.follow(2);
    AllocateOidsRequest request =
        AllocateOidsRequest.newBuilder().setStorage("new").setCount(10).build();
    assertThat(error(() -> fixture.store().allocateOids(request)).getCode())
        .isEqualTo(Code.NOT_LEADER);
  }

  @Test
  void restore_keepsTheTidAndRefusesOlderOnes() {
    assertThat(fixture.store().restore(restoring(0x1000, 0x1001)).getTid()).isEqualTo(0x1001);
    assertThat(error(() -> fixture.store().restore(restoring(0x1001))).getCode())
        .isEqualTo(Code.TID_NOT_GREATER);
  }

  @Test
  void restore_oneOfThemIsRefused_keepsNone() {
    assertThat(error(() -> fixture.store().restore(restoring(0x1000, 0x1002, 0x1001))).getCode())
        .isEqualTo(Code.TID_NOT_GREATER);
    assertThat(fixture.store().restore(restoring(0x1000)).getTid()).isEqualTo(0x1000);
  }

  @Test
  void restore_nothing_isInvalid() {
    assertThat(error(() -> fixture.store().restore(restoring())).getCode())
        .isEqualTo(Code.INVALID_ARGUMENT);
  }

  private RestoreRequest restoring(long... tids) {
    RestoreRequest.Builder request =
        RestoreRequest.newBuilder().setId(fixture.newId()).setStorage("main");
    for (long tid : tids) {
      request.addTransactions(
          RestoredTransaction.newBuilder()
              .setTid(tid)
              .setStatus(' ')
              .addRecords(
                  RestoredRecord.newBuilder().setOid(1).setData(ByteString.copyFromUtf8("a"))));
    }
    return request.build();
  }
}
