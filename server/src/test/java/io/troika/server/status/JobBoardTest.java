package io.troika.server.status;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import io.troika.server.core.model.Tid;
import io.troika.server.service.ServiceFixture;
import io.troika.server.status.Job.Progress;
import io.troika.server.status.Job.State;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class JobBoardTest {
  private long now = 1_000;
  private final JobBoard board = new JobBoard(() -> now);

  private static Job job(String id, State state, long done) {
    return new Job(
        id, "backup", "main", "ops", state, 0, 0, "reading", new Progress(done, 9, "things"), "ok");
  }

  @Test
  void job_isKeptFromItsFirstWordToItsEnd() {
    board.heard(job("a", State.RUNNING, 1));
    now = 2_000;
    board.heard(job("b", State.RUNNING, 1));
    board.heard(job("a", State.RUNNING, 5));
    assertThat(board.jobs()).extracting(Job::id).containsExactly("a", "b");
    assertThat(board.jobs().get(0)).isEqualTo(job("a", State.RUNNING, 5).at(1_000, 0));

    now = 3_000;
    board.heard(job("a", State.FAILED, 6));

    assertThat(board.jobs())
        .containsExactly(
            job("b", State.RUNNING, 1).at(2_000, 0), job("a", State.FAILED, 6).at(1_000, 3_000));
  }

  @Test
  void job_ofWhichNothingIsHeard_isSilentUntilItSpeaksAgain() {
    board.heard(job("a", State.RUNNING, 1));
    now += 29_999;
    assertThat(board.jobs()).extracting(Job::state).containsExactly(State.RUNNING);
    now += 1;
    assertThat(board.jobs()).extracting(Job::state).containsExactly(State.SILENT);
    assertThat(board.jobs().get(0).outcome()).isEqualTo("no word for 30 s");

    board.heard(job("a", State.RUNNING, 2));
    assertThat(board.jobs()).containsExactly(job("a", State.RUNNING, 2).at(1_000, 0));
  }

  @Test
  void job_thatWasSilentAndThenEnds_hasItsOutcome() {
    board.heard(job("a", State.RUNNING, 1));
    now += 30_000;
    assertThat(board.jobs()).extracting(Job::state).containsExactly(State.SILENT);
    now += 5_000;

    board.heard(job("a", State.FAILED, 2));
    board.heard(job("a", State.SUCCEEDED, 3));

    assertThat(board.jobs()).containsExactly(job("a", State.FAILED, 2).at(1_000, 36_000));
  }

  @Test
  void board_tooMuch_keepsTheNewest() {
    for (int i = 0; i < JobBoard.RUNNING_MAX + 3; i++) {
      board.heard(job("r" + i, State.RUNNING, 1));
    }
    for (int i = 0; i < JobBoard.ENDED_MAX + 3; i++) {
      board.heard(job("e" + i, State.SUCCEEDED, 1));
    }

    List<String> ids = board.jobs().stream().map(Job::id).toList();
    assertThat(ids).hasSize(JobBoard.RUNNING_MAX + JobBoard.ENDED_MAX);
    assertThat(ids).startsWith("r3").endsWith("e3").doesNotContain("r2", "e2");
  }

  @Test
  void texts_tooLongOrWithControlCharacters_areMadeFitForALine() {
    Job said =
        new Job(
            "a\nb", "k", "s", "x".repeat(300), State.RUNNING, 0, 0, "", new Progress(0, 0, ""), "");

    assertThat(said.id()).isEqualTo("a b");
    assertThat(said.by()).hasSize(200);
  }

  @Test
  void json_ofAJobToldToTwoNodes_isTheNewestWord() {
    Job running = job("a", State.RUNNING, 3).at(1_000, 0);
    Job ended = job("a", State.SUCCEEDED, 9).at(1_500, 4_000);
    JsonObject one =
        JobsJson.of(List.of(List.of(running), List.of(ended)), 6_000).get(0).getAsJsonObject();
    assertThat(one.get("state").getAsString()).isEqualTo("succeeded");
    assertThat(one.get("seconds").getAsDouble()).isEqualTo(2.5);
    assertThat(one.get("perSecond").getAsDouble()).isEqualTo(3.6);
    assertThat(one.get("ended").getAsString()).isEqualTo("1970-01-01T00:00:04Z");
  }

  @Test
  void job_thatWasSilent_isStillByWhomItWas() {
    board.heard(job("a", State.RUNNING, 1));
    now += 30_000;
    assertThat(board.jobs()).extracting(Job::state).containsExactly(State.SILENT);

    board.heard(
        new Job("a", "pack", "main", "", State.RUNNING, 0, 0, "", new Progress(2, 9, "%"), ""));
    assertThat(board.jobs()).extracting(Job::by).containsExactly("ops");
  }

  @Test
  void json_ofAPack_isByWhomTheNodeThatWasAskedSays() {
    Job seen =
        new Job("a", "pack", "main", "", State.SUCCEEDED, 1, 4, "", new Progress(9, 9, "%"), "");
    Job known = job("a", State.RUNNING, 3).at(1_000, 0);
    for (List<Job> told : List.of(List.of(seen, known), List.of(known, seen))) {
      assertThat(by(told)).isEqualTo("ops");
    }
  }

  private static String by(List<Job> told) {
    JsonObject shown =
        JobsJson.of(told.stream().map(List::of).toList(), 6_000).get(0).getAsJsonObject();
    assertThat(shown.get("state").getAsString()).isEqualTo("succeeded");
    return shown.get("by").getAsString();
  }

  @Test
  void pack_isOnTheBoard_fromItsBeginToItsOutcome() {
    try (ServiceFixture node = new ServiceFixture()) {
      Tid first = node.commit(1, Tid.NONE, "a");
      Tid last = node.commit(1, first, "b");
      try (PackJobs packs = PackJobs.start(node.groups, board, node.timer, Runnable::run)) {
        assertThat(packs).isNotNull();
        assertThat(board.jobs()).isEmpty();
        var unused =
            node.service
                .packs()
                .start(node.service.storageToChange("main").id(), last, false, "ops@host")
                .join();
        assertThat(board.jobs()).extracting(Job::state).containsExactly(State.RUNNING);
        node.timer.advance(Duration.ofSeconds(10));

        assertThat(board.jobs())
            .singleElement()
            .satisfies(
                pack -> {
                  assertThat(pack.kind()).isEqualTo("pack");
                  assertThat(pack.storage()).isEqualTo("main");
                  assertThat(pack.by()).isEqualTo("ops@host");
                  assertThat(pack.state()).isEqualTo(State.SUCCEEDED);
                  assertThat(pack.progress().done()).isEqualTo(100);
                  assertThat(pack.outcome()).startsWith("removed 1 revisions");
                });
      }
    }
  }

  @Test
  void packs_whenALookFails_areLookedAtAgain() {
    JobBoard failing =
        new JobBoard(
            () -> {
              if (now == 0) {
                throw new IllegalStateException("no clock");
              }
              return now;
            });
    try (ServiceFixture node = new ServiceFixture();
        PackJobs packs = PackJobs.start(node.groups, failing, node.timer, Runnable::run)) {
      assertThat(packs).isNotNull();
      Tid last = node.commit(1, Tid.NONE, "a");
      var unused =
          node.service
              .packs()
              .start(node.service.storageToChange("main").id(), last, true, "")
              .join();
      now = 0;
      node.timer.advance(Duration.ofSeconds(10));

      now = 1_000;
      node.timer.advance(Duration.ofSeconds(10));

      assertThat(failing.jobs()).extracting(Job::state).containsExactly(State.SUCCEEDED);
    }
  }
}
