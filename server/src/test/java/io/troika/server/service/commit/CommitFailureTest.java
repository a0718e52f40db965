package io.troika.server.service.commit;

import static io.troika.server.service.ServiceFixture.LIMITS;
import static io.troika.server.service.ServiceFixture.done;
import static io.troika.server.service.ServiceFixture.failure;
import static io.troika.server.service.ServiceFixture.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.command.Command.ReadCheck;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StagedData;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.service.ServiceFixture;
import io.troika.server.service.commit.VoteAnswer.Voted;
import io.troika.server.service.ports.FakeLog;
import io.troika.server.service.refusals.LockTimeoutException;
import io.troika.server.service.refusals.OutcomeUnknownException;
import io.troika.server.service.refusals.OverloadedException;
import io.troika.server.service.refusals.RequestRefusedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Commits that fail: limits, time-outs, a log that refuses or loses the answer. */
final class CommitFailureTest {
  private final ServiceFixture fixture = new ServiceFixture();
  private final FakeLog log = fixture.log;
  private final TransactionService transactions = fixture.transactions();

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void commit_lockedLongerThanPatience_timesOutNamingTheHolder() {
    TransactionRequest holder = fixture.writing(write(1, Tid.NONE, "a"));
    assertThat(done(fixture.vote(holder))).isInstanceOf(Voted.class);
    TransactionRequest request = fixture.writing(write(1, Tid.NONE, "b"));
    CompletableFuture<TransactionOutcome> waiting =
        transactions.commit(request, Duration.ofMillis(500));

    fixture.timer.advance(Duration.ofMillis(499));
    assertThat(waiting).isNotDone();
    fixture.timer.advance(Duration.ofMillis(1));

    assertThat(failure(waiting))
        .isInstanceOf(LockTimeoutException.class)
        .hasMessageContaining("oid 0x1")
        .hasMessageContaining(holder.id().toString())
        .hasMessageContaining("500 ms");
  }

  @Test
  void commit_lostAnswer_isUnknownAndFreesTheLocks() {
    TransactionRequest request = fixture.writing(write(1, Tid.NONE, "a"));
    log.loseAnswers(true);
    assertThat(failure(fixture.commit(request))).isInstanceOf(OutcomeUnknownException.class);
    log.loseAnswers(false);

    Committed committed = (Committed) done(fixture.commit(request));
    assertThat(done(fixture.commit(fixture.writing(write(1, committed.tid(), "b")))))
        .isInstanceOf(Committed.class);
  }

  @Test
  void commit_refusedByTheLog_failsAndFreesTheLocks() {
    log.refuse(new OverloadedException("full"));
    assertThat(failure(fixture.commit(fixture.writing(write(1, Tid.NONE, "a")))))
        .isInstanceOf(OverloadedException.class);
    log.refuse(null);
    assertThat(done(fixture.commit(fixture.writing(write(1, Tid.NONE, "b")))))
        .isInstanceOf(Committed.class);
  }

  @Test
  void commit_tooManyObjects_isRefusedWithTheNumbers() {
    List<ReadCheck> reads =
        Collections.nCopies(
            LIMITS.transactionObjectsMax() + 1, new ReadCheck(new Oid(1), Tid.NONE));
    RequestRefusedException refused =
        (RequestRefusedException)
            failure(fixture.commit(fixture.request(reads, List.of(), List.of(), List.of())));

    assertThat(refused.reason()).isEqualTo(RequestRefusedException.Reason.TOO_MANY_OBJECTS);
    assertThat(refused.limit()).isEqualTo(1_000);
    assertThat(refused.found()).isEqualTo(1_001);
  }

  @Test
  void commit_tooLarge_isRefusedWithTheNumbers() {
    Write huge = new Write(new Oid(1), Tid.NONE, Bytes.wrap(new byte[FakeLog.COMMAND_BYTES_MAX]));
    RequestRefusedException refused =
        (RequestRefusedException) failure(fixture.commit(fixture.writing(huge)));

    assertThat(refused.reason()).isEqualTo(RequestRefusedException.Reason.TRANSACTION_TOO_LARGE);
    assertThat(refused)
        .hasMessageContaining("1048576 bytes")
        .hasMessageContaining("has to be staged ahead");
  }

  @Test
  void commit_ofMoreStagedDataThanTheLimit_isRefusedWithTheNumbers() {
    TransactionId id = new TransactionId(new UUID(4, 4), 4);
    BlobId stage = new BlobId(id, 0);
    int chunkBytes = 1 << 20;
    BlobReference staged =
        new BlobReference(
            stage, 1L << 40, chunkBytes, Bytes.wrap(new byte[BlobReference.DIGEST_BYTES]));
    List<Write> writes = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      StagedData data = new StagedData(stage, chunkBytes, (long) i << 30, 1 << 30);
      writes.add(new Write(new Oid(i), Tid.NONE, null, null, data));
    }
    TransactionRequest request =
        new TransactionRequest(
            id,
            fixture.storage,
            TransactionMetadata.EMPTY,
            List.of(),
            writes,
            List.of(),
            List.of(),
            List.of(staged),
            NextTry.NONE);
    RequestRefusedException refused = (RequestRefusedException) failure(fixture.commit(request));

    assertThat(refused.reason()).isEqualTo(RequestRefusedException.Reason.TRANSACTION_TOO_LARGE);
    assertThat(refused.limit()).isEqualTo(2L << 30);
    assertThat(refused.found()).isGreaterThan(3L << 30);
    assertThat(refused).hasMessageContaining("limits.transaction-size-max");
  }

  @Test
  void commit_ofAStagedRecordThatNobodyCouldLoad_isRefusedWithTheNumbers() {
    TransactionId id = new TransactionId(new UUID(4, 4), 4);
    int length = FakeLog.COMMAND_BYTES_MAX + 1;
    BlobReference staged =
        new BlobReference(
            new BlobId(id, 0), length, 1 << 20, Bytes.wrap(new byte[BlobReference.DIGEST_BYTES]));
    StagedData data = new StagedData(staged.id(), 1 << 20, 0, length);
    RequestRefusedException refused =
        (RequestRefusedException)
            failure(
                fixture.commit(
                    new TransactionRequest(
                        id,
                        fixture.storage,
                        TransactionMetadata.EMPTY,
                        List.of(),
                        List.of(new Write(new Oid(1), Tid.NONE, null, null, data)),
                        List.of(),
                        List.of(),
                        List.of(staged),
                        NextTry.NONE)));

    assertThat(refused.reason()).isEqualTo(RequestRefusedException.Reason.TRANSACTION_TOO_LARGE);
    assertThat(refused.limit()).isEqualTo(FakeLog.COMMAND_BYTES_MAX);
    assertThat(refused.found()).isEqualTo(length);
  }

  @Test
  void commit_tooManyWaiters_isOverloaded() {
    assertThat(done(fixture.vote(fixture.writing(write(1, Tid.NONE, "a")))))
        .isInstanceOf(Voted.class);
    for (int i = 0; i < LIMITS.lockWaitersMax(); i++) {
      assertThat(fixture.commit(fixture.writing(write(1, Tid.NONE, "b")))).isNotDone();
    }
    assertThat(failure(fixture.commit(fixture.writing(write(1, Tid.NONE, "b")))))
        .isInstanceOf(OverloadedException.class);
  }
}
