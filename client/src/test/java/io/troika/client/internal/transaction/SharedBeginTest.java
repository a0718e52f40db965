package io.troika.client.internal.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.client.Tid;
import io.troika.client.UnavailableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SharedBeginTest {
  private static final long OVERLAP_MILLIS = SharedBegin.OVERLAP_AFTER.toMillis();

  private final List<CompletableFuture<ViewStart>> asked = new ArrayList<>();
  private final List<Duration> waited = new ArrayList<>();
  private final List<Later> later = new ArrayList<>();
  private long nanos = -3;
  private boolean closed;
  private final SharedBegin begin = new SharedBegin(this::ask, () -> nanos, this::later);

  private record Later(Runnable task, long nanos) {}

  private CompletableFuture<ViewStart> ask(Duration already) {
    CompletableFuture<ViewStart> answer = new CompletableFuture<>();
    asked.add(answer);
    waited.add(already);
    return answer;
  }

  private boolean later(Runnable task, long pauseNanos) {
    if (!closed) {
      later.add(new Later(task, nanos + pauseNanos));
    }
    return !closed;
  }

  private void pass(long millis) {
    nanos += TimeUnit.MILLISECONDS.toNanos(millis);
    List<Later> due = later.stream().filter(each -> each.nanos() <= nanos).toList();
    later.removeAll(due);
    due.forEach(each -> each.task().run());
  }

  private void come() {
    var unused = begin.begin();
  }

  private void answer(int number) {
    asked.get(number).complete(ViewStart.now(new Tid(number), 0));
  }

  @Test
  void whoComesMeanwhile_sharesTheNext_neverTheOneUnderWay() {
    CompletableFuture<ViewStart> first = begin.begin();
    CompletableFuture<ViewStart> second = begin.begin();
    CompletableFuture<ViewStart> third = begin.begin();
    assertThat(asked).hasSize(1);

    answer(0);
    assertThat(asked).hasSize(2);
    assertThat(first).isDone();
    assertThat(second).isNotDone();
    answer(1);

    assertThat(second.join().tid()).isEqualTo(new Tid(1));
    assertThat(third.join().tid()).isEqualTo(new Tid(1));
    assertThat(asked).hasSize(2);
  }

  @Test
  void farAway_theNextGoesOutBeforeTheAnswer() {
    come();
    CompletableFuture<ViewStart> second = begin.begin();
    pass(OVERLAP_MILLIS - 1);
    assertThat(asked).hasSize(1);
    pass(1);
    assertThat(asked).hasSize(2);
    assertThat(waited.get(1)).isEqualTo(SharedBegin.OVERLAP_AFTER);

    answer(1);
    assertThat(second).isDone();
  }

  @Test
  void whoComesLater_isAskedForAtOnce() {
    come();
    pass(OVERLAP_MILLIS);
    come();

    assertThat(asked).hasSize(2);
    assertThat(waited.get(1)).isZero();
  }

  @Test
  void theFarther_theMoreSeldom() {
    come();
    pass(8 * 20);
    answer(0);

    come();
    come();
    pass(19);
    assertThat(asked).hasSize(2);
    pass(1);
    assertThat(asked).hasSize(3);
  }

  @Test
  void overlapping_hasALimit() {
    for (int i = 0; i < 2 * SharedBegin.OVERLAPPING_MAX; i++) {
      come();
      pass(OVERLAP_MILLIS);
    }
    assertThat(asked).hasSize(SharedBegin.OVERLAPPING_MAX);

    answer(3);
    assertThat(asked).hasSize(SharedBegin.OVERLAPPING_MAX + 1);
  }

  @Test
  void failed_isToldToThoseWhoAsked_theNextIsAsked() {
    CompletableFuture<ViewStart> first = begin.begin();
    CompletableFuture<ViewStart> second = begin.begin();
    asked.get(0).completeExceptionally(new UnavailableException("no leader", null));

    assertThat(first).isCompletedExceptionally();
    answer(1);
    assertThat(second).isCompletedWithValueMatching(start -> start.tid().equals(new Tid(1)));
  }

  @Test
  void closed_theNextStillGoesOutWithTheAnswer() {
    closed = true;
    come();
    CompletableFuture<ViewStart> second = begin.begin();
    answer(0);
    answer(1);

    assertThat(second).isDone();
  }
}
