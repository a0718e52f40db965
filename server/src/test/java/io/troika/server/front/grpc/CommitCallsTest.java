package io.troika.server.front.grpc;

import static io.troika.server.front.grpc.FrontFixture.error;
import static io.troika.server.front.grpc.FrontFixture.write;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.troika.api.v1.CommitRequest;
import io.troika.api.v1.ErrorDetail;
import io.troika.api.v1.ErrorDetail.Code;
import io.troika.api.v1.HistoryId;
import io.troika.api.v1.TransactionMetadata;
import io.troika.server.service.ports.FakeLog;
import io.troika.server.service.refusals.OverloadedException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Commits in one call: outcomes, limits, failures. */
final class CommitCallsTest {
  private final FrontFixture fixture = new FrontFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void commit_conflict_saysWhatAndSendsDataWhenAsked() {
    long first = fixture.commit(1, 0, "a");
    long second = fixture.commit(1, first, "b");
    CommitRequest.Builder stale = fixture.transaction().addWrites(write(1, first, "c"));

    ErrorDetail plain = error(() -> fixture.store().commit(stale.build()));
    assertThat(plain.getCode()).isEqualTo(Code.CONFLICT);
    assertThat(plain.getConflicts(0).getOid()).isEqualTo(1);
    assertThat(plain.getConflicts(0).getSerialRead()).isEqualTo(first);
    assertThat(plain.getConflicts(0).getSerialCurrent()).isEqualTo(second);
    assertThat(plain.getConflicts(0).hasCurrentData()).isFalse();
    assertThat(plain.getTransaction()).isEqualTo(stale.getId());

    ErrorDetail withData = error(() -> fixture.store().commit(stale.setConflictData(true).build()));
    assertThat(withData.getConflicts(0).getCurrentData().toStringUtf8()).isEqualTo("b");
  }

  @Test
  void commit_followerThatIsWaitedFor_isToldAtOnce() {
    fixture.commit(1, 0, "a");
    assertThat(fixture.service.log.followersTold()).isEmpty();

    var unused =
        fixture
            .store()
            .commit(
                fixture.transaction().addWrites(write(2, 0, "b")).setWaitingFollower("n2").build());
    assertThat(fixture.service.log.followersTold()).containsExactly("n2");
  }

  @Test
  void commit_sameIdAgain_sameTid() {
    CommitRequest request = fixture.transaction().addWrites(write(1, 0, "a")).build();
    assertThat(fixture.store().commit(request)).isEqualTo(fixture.store().commit(request));
  }

  @Test
  void commit_begunInAnotherHistory_isRefusedAndInThisOneTaken() {
    HistoryId present = fixture.history();
    CommitRequest.Builder request = fixture.transaction().addWrites(write(1, 0, "a"));
    ByteString otherUuid = ByteString.copyFrom(new byte[16]);
    for (HistoryId other :
        List.of(
            present.toBuilder().setStorageUuid(otherUuid).build(),
            present.toBuilder().setStorageUuid(otherUuid).setEpoch(9).build())) {
      ErrorDetail detail = error(() -> fixture.store().commit(request.setHistory(other).build()));
      assertThat(detail.getCode()).isEqualTo(Code.HISTORY_REPLACED);
      assertThat(detail.getTransaction()).isEqualTo(request.getId());
    }
    // Whoever knows of a later epoch knows more than this node.
    assertThat(
            error(
                    () ->
                        fixture
                            .store()
                            .commit(request.setHistory(present.toBuilder().setEpoch(9)).build()))
                .getCode())
        .isEqualTo(Code.NOT_LEADER);

    assertThat(fixture.store().commit(request.setHistory(present).build()).getTid()).isPositive();
  }

  @Test
  void commit_withoutId_isInvalid() {
    CommitRequest request = CommitRequest.newBuilder().setStorage("main").build();
    assertThat(error(() -> fixture.store().commit(request)).getMessage())
        .contains("transaction id is missing");
  }

  @Test
  void commit_tooLarge_namesTheLimit() {
    CommitRequest request =
        fixture.transaction().addWrites(write(1, 0, "x".repeat(FakeLog.COMMAND_BYTES_MAX))).build();
    ErrorDetail detail = error(() -> fixture.store().commit(request));
    assertThat(detail.getCode()).isEqualTo(Code.TRANSACTION_TOO_LARGE);
    assertThat(detail.getLimit()).isEqualTo(FakeLog.COMMAND_BYTES_MAX);
    assertThat(detail.getFound()).isGreaterThan(FakeLog.COMMAND_BYTES_MAX);
  }

  @Test
  void commit_metadataTooLarge_isInvalid() {
    CommitRequest request =
        fixture
            .transaction()
            .setMetadata(
                TransactionMetadata.newBuilder().setUser(ByteString.copyFrom(new byte[65_536])))
            .build();
    assertThat(error(() -> fixture.store().commit(request)).getMessage()).contains("65535");
  }

  @Test
  void commit_tooManyObjects_namesTheLimit() {
    CommitRequest.Builder request = fixture.transaction();
    for (int i = 0; i <= 1_000; i++) {
      request.addWrites(write(i, 0, ""));
    }
    ErrorDetail detail = error(() -> fixture.store().commit(request.build()));
    assertThat(detail.getCode()).isEqualTo(Code.TOO_MANY_OBJECTS);
    assertThat(detail.getLimit()).isEqualTo(1_000);
  }

  @Test
  void commit_lostAnswer_isUnknownAndNamesTheTransaction() {
    fixture.service.log.loseAnswers(true);
    CommitRequest request = fixture.transaction().addWrites(write(1, 0, "a")).build();
    ErrorDetail detail = error(() -> fixture.store().commit(request));
    assertThat(detail.getCode()).isEqualTo(Code.OUTCOME_UNKNOWN);
    assertThat(detail.getTransaction()).isEqualTo(request.getId());
  }

  @Test
  void commit_overloaded_isNotNow() {
    fixture.service.log.refuse(new OverloadedException("full"));
    CommitRequest request = fixture.transaction().addWrites(write(1, 0, "a")).build();
    assertThat(error(() -> fixture.store().commit(request)).getCode()).isEqualTo(Code.OVERLOADED);
  }

  @Test
  void commit_unexpectedFailure_isInternal() {
    fixture.service.log.refuse(new UnsupportedOperationException("a defect, for the test"));
    CommitRequest request = fixture.transaction().addWrites(write(1, 0, "a")).build();
    assertThat(error(() -> fixture.store().commit(request)).getCode()).isEqualTo(Code.INTERNAL);
  }

  @Test
  void commit_undo_bringsTheOldStateBack() {
    long first = fixture.commit(1, 0, "a");
    long second = fixture.commit(1, first, "b");
    long undo = fixture.store().commit(fixture.transaction().addUndos(second).build()).getTid();
    assertThat(fixture.load(1, undo).getData().toStringUtf8()).isEqualTo("a");

    ErrorDetail blocked =
        error(() -> fixture.store().commit(fixture.transaction().addUndos(second).build()));
    assertThat(blocked.getCode()).isEqualTo(Code.UNDO_CONFLICT);
    assertThat(blocked.getUndoObstacles(0).getOid()).isEqualTo(1);
    assertThat(
            error(() -> fixture.store().commit(fixture.transaction().addUndos(5).build()))
                .getCode())
        .isEqualTo(Code.UNKNOWN_TRANSACTION);
  }
}
