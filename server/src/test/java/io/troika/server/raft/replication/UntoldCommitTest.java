package io.troika.server.raft.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** When a heartbeat goes out for the sake of a commit index. */
class UntoldCommitTest {
  private static final long MAX_NANOS = TimeUnit.MILLISECONDS.toNanos(UntoldCommit.MAX_MILLIS);
  private static final long HEARTBEAT_MILLIS = 250;
  private static final long NOW = Long.MAX_VALUE - 5; // such clocks wrap around

  private final UntoldCommit untold = new UntoldCommit();

  @Test
  void commit_thatNoEntryTellsOf_isDueAfterAMoment() {
    assertThat(untold.isDue(7, false, NOW)).isFalse();
    assertThat(untold.waitMillis(HEARTBEAT_MILLIS, false, 7, 7, NOW))
        .isEqualTo(UntoldCommit.MAX_MILLIS);
    assertThat(untold.waitMillis(1, false, 7, 7, NOW)).isEqualTo(1);

    assertThat(untold.isDue(7, false, NOW + MAX_NANOS - 1)).isFalse();
    assertThat(untold.isDue(7, false, NOW + MAX_NANOS)).isTrue();
  }

  @Test
  void commit_afterAnotherThatIsUntold_doesNotPutItOff() {
    assertThat(untold.isDue(7, false, NOW)).isFalse();
    assertThat(untold.isDue(8, false, NOW + MAX_NANOS - 1)).isFalse();

    assertThat(untold.isDue(8, false, NOW + MAX_NANOS)).isTrue();
  }

  @Test
  void commit_thatIsTold_isNotDue_andTheNextHasItsOwnTime() {
    assertThat(untold.isDue(7, true, NOW)).isFalse();
    untold.told(7, NOW);

    assertThat(untold.isDue(7, false, NOW + 2 * MAX_NANOS)).isFalse();
    assertThat(untold.waitMillis(HEARTBEAT_MILLIS, false, 7, 7, NOW)).isEqualTo(HEARTBEAT_MILLIS);
    assertThat(untold.isDue(8, false, NOW + 3 * MAX_NANOS)).isFalse();
    assertThat(untold.isDue(8, false, NOW + 4 * MAX_NANOS)).isTrue();
  }

  @Test
  void commit_thatSomebodyWaitsFor_isDueAtOnce_andOnce() {
    untold.await(7);
    assertThat(untold.isDue(7, false, NOW)).isTrue();
    untold.told(7, NOW);

    assertThat(untold.isDue(7, false, NOW)).isFalse();
    untold.await(7);
    assertThat(untold.isDue(7, false, NOW)).as("known there").isFalse();
  }

  @Test
  void entriesNotAcknowledged_noHeartbeatUntilTheyAre() {
    untold.await(7);
    assertThat(untold.isDue(7, true, NOW)).isFalse();
    assertThat(untold.isDue(7, true, NOW + MAX_NANOS)).isFalse();

    assertThat(untold.isDue(7, false, NOW + MAX_NANOS)).isTrue();
  }

  /** No signal tells of their acknowledgement: it is looked for, ever more seldom. */
  @Test
  void entriesNotAcknowledged_areLookedForSoon_andThenMoreSeldom() {
    untold.told(6, NOW);

    assertThat(untold.waitMillis(HEARTBEAT_MILLIS, true, 7, 6, NOW))
        .isEqualTo(UntoldCommit.MAX_MILLIS);
    assertThat(untold.waitMillis(HEARTBEAT_MILLIS, true, 7, 6, NOW + 4 * MAX_NANOS))
        .isEqualTo(4 * UntoldCommit.MAX_MILLIS);
    assertThat(untold.waitMillis(1, true, 7, 6, NOW + 4 * MAX_NANOS)).isEqualTo(1);
  }

  /** The disks of the others may be slower than that of this follower. */
  @Test
  void entriesAcknowledgedAndNotCommitted_areLookedForLikewise() {
    untold.told(6, NOW);

    assertThat(untold.waitMillis(HEARTBEAT_MILLIS, false, 7, 6, NOW))
        .isEqualTo(UntoldCommit.MAX_MILLIS);
    assertThat(untold.waitMillis(HEARTBEAT_MILLIS, false, 7, 6, NOW + 4 * MAX_NANOS))
        .isEqualTo(4 * UntoldCommit.MAX_MILLIS);
    assertThat(untold.waitMillis(HEARTBEAT_MILLIS, false, 6, 6, NOW)).isEqualTo(HEARTBEAT_MILLIS);
  }

  @Test
  void awaited_untilItIsTold() {
    assertThat(untold.isAwaited()).isFalse();
    untold.await(7);
    assertThat(untold.isAwaited()).isTrue();
    untold.told(7, NOW);

    assertThat(untold.isAwaited()).isFalse();
  }
}
