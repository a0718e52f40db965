package io.troika.server.service.pack;

import static io.troika.server.service.ServiceFixture.LIMITS;
import static io.troika.server.service.ServiceFixture.done;
import static io.troika.server.service.ServiceFixture.failure;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.config.NodeConfig.LimitsConfig;
import io.troika.server.config.NodeConfig.RateLimits;
import io.troika.server.config.NodeConfig.StagingLimits;
import io.troika.server.core.digest.StateVerification;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.PackState.Phase;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import io.troika.server.core.pack.UnreadableReferencesException;
import io.troika.server.service.ServiceFixture;
import io.troika.server.service.refusals.NotLeaderException;
import io.troika.server.service.refusals.RequestRefusedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Packs as the leader drives them. A record's text lists what it refers to: "1 2". */
class PackServiceTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final int PAUSES_MAX = 10_000;

  private ServiceFixture node = new ServiceFixture(Runnable::run, PackServiceTest::find, LIMITS);

  @AfterEach
  void close() {
    node.close();
  }

  private static List<Oid> find(Bytes data) throws UnreadableReferencesException {
    List<Oid> oids = new ArrayList<>();
    for (String word : data.toUtf8().split(" ", -1)) {
      if (word.equals("?")) {
        throw new UnreadableReferencesException("a question");
      }
      if (!word.isEmpty() && Character.isDigit(word.charAt(0))) {
        oids.add(new Oid(Long.parseLong(word)));
      }
    }
    return oids;
  }

  @Test
  void pack_manyRevisions_goInStepsWithAPauseAfterEach() {
    Tid serial = Tid.NONE;
    for (int i = 0; i < 3 * PackJob.STEP_ROWS; i++) {
      serial = node.commit(0, serial, "value " + i);
    }
    long before = node.log.submittedCount();

    PackState begun = start(Tid.MAX, false);
    assertThat(begun.isRunning()).isTrue();
    assertThat(begun.horizon()).isEqualTo(serial);
    assertThat(node.log.submittedCount() - before).isEqualTo(2);
    int pauses = runToTheEnd();

    assertThat(pauses).isGreaterThanOrEqualTo(2 * 3);
    assertThat(node.log.submittedCount() - before - 2).isEqualTo(pauses);
    assertThat(state().removed().revisions()).isEqualTo(3 * PackJob.STEP_ROWS - 1);
    assertThat(node.store.transactions(node.storage, Tid.NONE, Tid.MAX, 10)).hasSize(1);
  }

  @Test
  void garbage_cyclesAndWhatTheyHold_go_andWhatIsReachableStays() {
    node.commit(0, Tid.NONE, "1");
    node.commit(1, Tid.NONE, "2");
    node.commit(2, Tid.NONE, "0");
    node.commit(3, Tid.NONE, "4 5");
    node.commit(4, Tid.NONE, "3");
    node.commit(5, Tid.NONE, "");

    start(Tid.MAX, true);
    runToTheEnd();

    assertThat(oids()).containsExactly(0L, 1L, 2L);
    assertThat(state().removed().objects()).isEqualTo(3);
    assertThat(state().problem()).isEmpty();
  }

  @Test
  void garbage_writtenOrReferredToAfterTheHorizon_stays() {
    node.commit(0, Tid.NONE, "");
    node.commit(1, Tid.NONE, "2");
    node.commit(2, Tid.NONE, "");
    node.commit(4, Tid.NONE, "");
    Tid horizon = node.commit(5, Tid.NONE, "4");
    node.commit(3, Tid.NONE, "1");

    start(horizon, true);
    runToTheEnd();

    assertThat(oids()).containsExactly(0L, 1L, 2L, 3L);
  }

  @Test
  void garbage_recordThatCannotBeRead_endsTheSearchAndIsNamed() {
    Tid first = node.commit(0, Tid.NONE, "1");
    node.commit(1, Tid.NONE, "?");
    node.commit(2, Tid.NONE, "");
    node.commit(0, first, "1");

    start(Tid.MAX, true);
    runToTheEnd();

    assertThat(oids()).containsExactly(0L, 1L, 2L);
    assertThat(state().phase()).isEqualTo(Phase.DONE);
    assertThat(state().collectGarbage()).isFalse();
    assertThat(state().problem()).contains("oid 0x1").contains("a question");
    assertThat(state().removed().revisions()).isEqualTo(1);
  }

  @Test
  void garbage_withoutARoot_isNotTouched() {
    node.commit(1, Tid.NONE, "");

    start(Tid.MAX, true);
    runToTheEnd();

    assertThat(oids()).containsExactly(1L);
    assertThat(state().problem()).contains("no root object");
  }

  @Test
  void garbage_marksOverTheLimit_isNotTouched() {
    node.close();
    LimitsConfig small =
        new LimitsConfig(
            1_000,
            8,
            Duration.ofSeconds(30),
            16,
            8,
            16,
            Duration.ofSeconds(2),
            200,
            StagingLimits.DEFAULT,
            RateLimits.NONE);
    node = new ServiceFixture(Runnable::run, PackServiceTest::find, small);
    node.commit(0, Tid.NONE, "1 70000 140000 210000");
    node.commit(1, Tid.NONE, "");
    node.commit(2, Tid.NONE, "");

    start(Tid.MAX, true);
    runToTheEnd();

    assertThat(oids()).containsExactly(0L, 1L, 2L);
    assertThat(state().problem()).contains("limits.pack-mark-size");
  }

  @Test
  void garbage_referredToWhileItsRemovalIsOnItsWay_stays() {
    Tid root = node.commit(0, Tid.NONE, "");
    node.commit(1, Tid.NONE, "2");
    node.commit(2, Tid.NONE, "");
    start(Tid.MAX, true);
    for (int i = 0; i < PAUSES_MAX && state().phase() != Phase.GARBAGE; i++) {
      pause();
    }
    node.log.hold();
    pause();
    assertThat(node.log.heldCount()).isEqualTo(1);
    node.commitElsewhere(0, root, "1");
    node.log.release();
    runToTheEnd();

    assertThat(oids()).containsExactly(0L, 1L, 2L);
    assertThat(state().removed().objects()).isZero();
  }

  @Test
  void pack_whoseLeaderIsLost_goesOnWithTheNext() {
    Tid serial = Tid.NONE;
    for (int i = 0; i < 2 * PackJob.STEP_ROWS; i++) {
      serial = node.commit(0, serial, "value " + i);
    }
    start(Tid.MAX, false);
    node.log.follow(2);
    node.timer.advance(LONG);
    assertThat(state().isRunning()).isTrue();

    node.log.lead(3);
    runToTheEnd();

    assertThat(node.store.history(node.storage, Oid.ROOT, Tid.MAX, 10)).hasSize(1);
  }

  /** One that is behind may not have heard of the pack. */
  @Test
  void newest_isToldByTheLeaderAlone() {
    node.commit(0, Tid.NONE, "value");
    assertThat(node.service.packs().newest(node.storage)).isCompletedWithValue(Optional.empty());
    start(Tid.MAX, false);
    assertThat(node.service.packs().newest(node.storage))
        .isCompletedWithValueMatching(newest -> newest.equals(Optional.of(state())));

    node.log.follow(2);
    assertThat(node.service.packs().newest(node.storage))
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .withCauseInstanceOf(NotLeaderException.class);
  }

  @Test
  void pack_stepWhoseAnswerIsLost_goesOn() {
    Tid serial = Tid.NONE;
    for (int i = 0; i < PackJob.STEP_ROWS; i++) {
      serial = node.commit(0, serial, "value " + i);
    }
    start(Tid.MAX, false);
    node.log.loseAnswers(true);
    pause();
    node.log.loseAnswers(false);
    runToTheEnd();

    assertThat(node.store.history(node.storage, Oid.ROOT, Tid.MAX, 10)).hasSize(1);
  }

  @Test
  void start_whileAnotherPackRuns_isRefused_theSameAgainJoins() {
    Tid first = node.commit(0, Tid.NONE, "");
    node.commit(0, first, "");
    PackState begun = start(first, false);

    assertThat(start(first, false).horizon()).isEqualTo(begun.horizon());
    assertThat(failure(node.service.packs().start(node.storage, Tid.MAX, false, "")))
        .isInstanceOf(RequestRefusedException.class)
        .hasMessageContaining("another pack is running");
    assertThat(failure(node.service.packs().start(new StorageId(9), Tid.MAX, false, "")))
        .isInstanceOf(RequestRefusedException.class);
  }

  @Test
  void start_earlierThanTheLastPack_doesNothing() {
    Tid first = node.commit(0, Tid.NONE, "");
    Tid second = node.commit(0, first, "");
    start(Tid.MAX, true);
    runToTheEnd();

    assertThat(start(first, true).isRunning()).isFalse();
    assertThat(start(second, true).isRunning()).isFalse();
    assertThat(state().horizon()).isEqualTo(second);
  }

  @Test
  void start_emptyStorage_doesNothing() {
    assertThat(start(Tid.MAX, true).isRunning()).isFalse();
    assertThat(node.service.packs().state(node.storage)).isNull();
  }

  private PackState start(Tid horizon, boolean collectGarbage) {
    return done(node.service.packs().start(node.storage, horizon, collectGarbage, ""));
  }

  private PackState state() {
    return Objects.requireNonNull(node.service.packs().state(node.storage));
  }

  private List<Long> oids() {
    return node.store.oids(node.storage, Oid.ROOT, 100).stream().map(Oid::value).toList();
  }

  /** Lets the one pause end that the job is in. */
  private void pause() {
    node.timer.advance(Duration.ofMillis(2));
  }

  private int runToTheEnd() {
    int pauses = 0;
    while (state().isRunning()) {
      assertThat(pauses++).isLessThan(PAUSES_MAX);
      pause();
    }
    assertThat(StateVerification.verify(node.store, node.storage)).isEmpty();
    return pauses;
  }
}
