package io.troika.server.service.reads;

import static io.troika.server.service.ServiceFixture.LIMITS;
import static io.troika.server.service.ServiceFixture.PATIENCE;
import static io.troika.server.service.ServiceFixture.done;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.mvcc.InvalidationsResult;
import io.troika.server.core.mvcc.LoadResult.Found;
import io.troika.server.core.mvcc.LoadResult.Missing;
import io.troika.server.service.ServiceFixture;
import io.troika.server.service.reads.ReadService.Freshness;
import io.troika.server.service.reads.ReadService.ReadView;
import io.troika.server.service.refusals.LaggingException;
import io.troika.server.service.refusals.NotLeaderException;
import io.troika.server.service.refusals.RequestRefusedException;
import io.troika.server.service.refusals.StoppingException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ReadServiceTest {
  private final ServiceFixture fixture = new ServiceFixture();
  private final ReadService reads = fixture.service.reads();

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void load_atATid_seesWhatWasThere() {
    Tid first = fixture.commit(1, Tid.NONE, "a");
    Tid second = fixture.commit(1, first, "b");

    Found then = (Found) done(reads.at("main", first, PATIENCE)).load(new Oid(1));

    assertThat(then.revision().data().toUtf8()).isEqualTo("a");
    assertThat(then.revision().nextTid()).isEqualTo(second);
  }

  @Test
  void at_notAppliedYet_waitsForIt() {
    Tid first = fixture.commit(1, Tid.NONE, "a");
    CompletableFuture<AppliedView> view = reads.at("main", first.next(), PATIENCE);
    assertThat(view).isNotDone();

    fixture.commitElsewhere(1, first, "b");

    assertThat(done(view).load(new Oid(1))).isInstanceOf(Found.class);
    assertThat(fixture.timer.pending()).as("only the heartbeat").isEqualTo(1);
  }

  @Test
  void at_neverApplied_lagsAfterTheNodesLimit() {
    CompletableFuture<AppliedView> view = reads.at("main", new Tid(99), PATIENCE);
    fixture.timer.advance(LIMITS.readWait().minusMillis(1));
    assertThat(view).isNotDone();
    fixture.timer.advance(Duration.ofMillis(1));
    assertThat(view)
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .withCauseInstanceOf(LaggingException.class)
        .withMessageContaining("0x63");
  }

  /** As between the records of a transaction, which are read one after the other. */
  @Test
  void data_ofARecordThatAPackTookMeanwhile_isToBeAskedForAgain() {
    Tid first = fixture.commit(1, Tid.NONE, "a");
    Tid second = fixture.commit(1, first, "b");
    StoredRevision packed = StoredRevision.shared(new Oid(7), second.next(), first);

    assertThatThrownBy(() -> reads.data("main", packed))
        .isInstanceOf(LaggingException.class)
        .hasMessageContaining("was packed away while it was read; ask again");
    assertThat(reads.data("main", StoredRevision.shared(new Oid(1), second.next(), first)).toUtf8())
        .isEqualTo("a");
  }

  @Test
  void at_impatientCaller_lagsAfterItsPatience() {
    CompletableFuture<AppliedView> view = reads.at("main", new Tid(99), Duration.ofMillis(5));
    fixture.timer.advance(Duration.ofMillis(5));
    assertThat(view).isCompletedExceptionally();
  }

  @Test
  void at_stateReplacedByANewerOne_wakesWaiters() {
    CompletableFuture<AppliedView> view = reads.at("main", new Tid(99), PATIENCE);
    // A checkpoint changes the state without announcing transactions.
    fixture.commit(1, Tid.NONE, "a");
    fixture.events.replaced();
    assertThat(view).isDone();
  }

  @Test
  void at_waitersAreWokenOnTheExecutor_notOnTheApplyingThread() {
    List<Runnable> tasks = new ArrayList<>();
    try (ServiceFixture queued = new ServiceFixture(tasks::add)) {
      CompletableFuture<AppliedView> view = queued.service.reads().at("main", new Tid(1), PATIENCE);
      queued.commitElsewhere(1, Tid.NONE, "a");
      assertThat(view).isNotDone();
      tasks.forEach(Runnable::run);
      assertThat(view).isCompleted();
    }
  }

  @Test
  void close_waitersAreTold() {
    CompletableFuture<AppliedView> view = reads.at("main", new Tid(99), PATIENCE);
    fixture.service.close();
    assertThat(view)
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .withCauseInstanceOf(StoppingException.class);
  }

  @Test
  void begin_linearizable_provesLeadership() {
    Tid tid = fixture.commit(1, Tid.NONE, "a");
    ReadView view = done(reads.begin("main", Freshness.LINEARIZABLE, Tid.NONE, PATIENCE));
    assertThat(view.tid()).isEqualTo(tid);
    assertThat(fixture.log.proofCount()).isEqualTo(1);
  }

  @Test
  void begin_session_asksNobodyAndIncludesWhatTheClientSaw() {
    fixture.log.follow(2);
    CompletableFuture<ReadView> view = reads.begin("main", Freshness.SESSION, new Tid(1), PATIENCE);
    assertThat(view).isNotDone();
    Tid tid = fixture.commitElsewhere(1, Tid.NONE, "a");
    assertThat(done(view).tid()).isEqualTo(tid);
    assertThat(fixture.log.proofCount()).isZero();
  }

  @Test
  void storage_unknownOnTheLeader_isRefused() {
    assertThatThrownBy(() -> reads.storage("other"))
        .isInstanceOf(RequestRefusedException.class)
        .hasMessageContaining("'other'");
  }

  /** A follower may not have applied its creation yet. */
  @Test
  void storage_unknownOnAFollower_lags() {
    fixture.log.follow(2);
    assertThatThrownBy(() -> reads.storage("other")).isInstanceOf(LaggingException.class);
    assertThatThrownBy(() -> fixture.service.storageToChange("other"))
        .isInstanceOf(NotLeaderException.class);
  }

  @Test
  void storage_createdLater_isFound() {
    done(fixture.transactions().createStorage("other"));
    assertThat(reads.storage("other").name()).isEqualTo("other");
    assertThat(done(fixture.transactions().createStorage("other")).created()).isFalse();
  }

  @Test
  void invalidationsSince_tid_listsWhatChanged() {
    Tid first = fixture.commit(1, Tid.NONE, "a");
    fixture.commit(2, Tid.NONE, "b");
    Tid last = fixture.commit(3, Tid.NONE, "c");
    InvalidationsResult result =
        done(reads.invalidationsSince("main", first, Freshness.SESSION, Tid.NONE, PATIENCE))
            .result();
    assertThat(result)
        .isEqualTo(new InvalidationsResult.Complete(last, List.of(new Oid(2), new Oid(3))));
  }

  @Test
  void invalidationsSince_aheadOfAProvedLeader_isAnAnswer() {
    InvalidationsResult result =
        done(reads.invalidationsSince(
                "main", new Tid(99), Freshness.LINEARIZABLE, Tid.NONE, PATIENCE))
            .result();
    assertThat(result).isEqualTo(new InvalidationsResult.Ahead(Tid.NONE));
  }

  @Test
  void invalidationsSince_aheadOfANode_waits() {
    assertThat(reads.invalidationsSince("main", new Tid(99), Freshness.SESSION, Tid.NONE, PATIENCE))
        .isNotDone();
  }

  @Test
  void history_unknownObject_isRefused() {
    assertThatThrownBy(() -> reads.history("main", new Oid(7), 10))
        .isInstanceOf(RequestRefusedException.class)
        .hasMessageContaining("oid 0x7");
  }

  @Test
  void digest_sameState_sameDigest() {
    fixture.commit(1, Tid.NONE, "a");
    Tid tid = fixture.commit(2, Tid.NONE, "b");
    ReadService.StorageDigest digest =
        done(reads.digest("main", Tid.NONE, PATIENCE, Runnable::run));
    fixture.commit(3, Tid.NONE, "c");

    assertThat(done(reads.digest("main", tid, PATIENCE, Runnable::run))).isEqualTo(digest);
    assertThat(digest.revisions()).isEqualTo(2);
    assertThat(digest.sha256().size()).isEqualTo(32);
  }

  @Test
  void loadSerial_unknown_isMissing() {
    fixture.commit(1, Tid.NONE, "a");
    assertThat(done(reads.loadSerial("main", new Oid(1), new Tid(5), PATIENCE)))
        .isInstanceOf(Missing.class);
  }
}
