package io.troika.client.internal.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.client.LeaderInfo;
import io.troika.client.Oid;
import io.troika.client.Tid;
import io.troika.client.Watch;
import io.troika.client.WatchListener;
import io.troika.client.internal.codec.FeedEvent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a listener is told that comes late to it. */
final class StoreWatchesTest {
  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private final List<Tid> told = new ArrayList<>();
  private final List<Tid> gaps = new ArrayList<>();
  private final StoreWatches watches =
      new StoreWatches(
          tasks::add,
          (query, atLeast) -> Stream.of(),
          position ->
              position.epoch() < 1 ? OptionalLong.empty() : OptionalLong.of(position.epoch()));

  private final class Told implements WatchListener {
    @Override
    public void onCommitted(Tid tid, List<Oid> oids) {
      told.add(tid);
    }

    @Override
    public void onGap(Tid after, Tid upTo) {
      gaps.add(upTo);
    }
  }

  private void position(long tid, long epoch) {
    watches
        .accept(new FeedEvent.Position(new Tid(tid), new UUID(1, 1), epoch, LeaderInfo.NONE))
        .run();
  }

  private void committed(long tid) {
    watches.accept(new FeedEvent.Committed(new Tid(tid), List.of())).run();
  }

  private void deliver() {
    while (!tasks.isEmpty()) {
      tasks.remove().run();
    }
  }

  @Test
  void listener_tooSlowWhileTheHistoryIsReplaced_isToldOfThat() {
    try (Watch watch = watches.add(new Told(), () -> ViewStart.now(new Tid(500), 1))) {
      assertThat(watch).isNotNull();
      position(100, 2);
      for (int i = 1; i <= StoreWatches.WAITING_MAX; i++) {
        committed(100 + i);
      }
      deliver();
    }

    assertThat(gaps).containsExactly(new Tid(100));
    assertThat(told).containsExactly(new Tid(100 + StoreWatches.WAITING_MAX));
  }

  @Test
  void listener_positionOfAHistoryThatIsGone_changesNothing() {
    try (Watch watch = watches.add(new Told(), () -> ViewStart.now(new Tid(500), 1))) {
      assertThat(watch).isNotNull();
      position(900, 0);
      position(500, 1);
      committed(501);
      deliver();
    }

    assertThat(gaps).isEmpty();
    assertThat(told).containsExactly(new Tid(501));
  }
}
