package io.troika.server.raft.leadership;

import static io.troika.server.raft.leadership.RoundPace.OVERLAPPING_MAX;
import static io.troika.server.raft.leadership.RoundPace.OVERLAP_AFTER;
import static io.troika.server.raft.leadership.RoundPace.UNTIL_ONE_IS_DECIDED;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RoundPaceTest {
  /** Of {@link System#nanoTime}, which may begin anywhere: here just before it turns over. */
  private static final long START = Long.MAX_VALUE - millis(1);

  private final RoundPace pace = new RoundPace();

  @Test
  void waitNanos_noneAsks_isNone() {
    assertThat(pace.waitNanos(START)).isZero();

    begin(START);
    pace.decided(millis(200));
    pace.leavePlace();

    assertThat(pace.waitNanos(START)).as("just after the one before it").isZero();
  }

  @Test
  void waitNanos_oneAsks_isUntilItHasAskedForLongerThanRoundsNearbyTake() {
    begin(START);

    assertThat(pace.waitNanos(START)).isEqualTo(OVERLAP_AFTER.toNanos());
    assertThat(pace.waitNanos(START + millis(2))).isEqualTo(OVERLAP_AFTER.toNanos() - millis(2));
    assertThat(pace.waitNanos(START + OVERLAP_AFTER.toNanos())).isZero();
    assertThat(pace.waitNanos(START + millis(900))).isZero();
  }

  @Test
  void waitNanos_roundsTakeLong_isAPartOfOne() {
    begin(START);
    pace.decided(millis(200));
    pace.begun(START + millis(200)); // in its place

    assertThat(pace.waitNanos(START + millis(200))).isEqualTo(millis(200) / OVERLAPPING_MAX);
    assertThat(pace.waitNanos(START + millis(225))).isZero();
  }

  @Test
  void waitNanos_roundsTakeLittle_isNoLessThanForTheFirst() {
    begin(START);
    pace.decided(millis(1));
    pace.begun(START + millis(1));

    assertThat(pace.waitNanos(START + millis(1))).isEqualTo(OVERLAP_AFTER.toNanos());
  }

  @Test
  void waitNanos_asManyAskAsMay_isUntilOneIsDecided() {
    for (int round = 0; round < OVERLAPPING_MAX; round++) {
      assertThat(pace.waitNanos(START + millis(10 * round))).isZero();
      begin(START + millis(10 * round));
    }
    assertThat(pace.waitNanos(START + millis(1_000))).isEqualTo(UNTIL_ONE_IS_DECIDED);

    pace.decided(millis(1_000));
    pace.leavePlace(); // nobody waits

    assertThat(pace.waitNanos(START + millis(1_000))).isZero();
  }

  private void begin(long nowNanos) {
    pace.takePlace();
    pace.begun(nowNanos);
  }

  private static long millis(int millis) {
    return TimeUnit.MILLISECONDS.toNanos(millis);
  }
}
