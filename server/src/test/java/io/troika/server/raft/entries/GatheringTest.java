package io.troika.server.raft.entries;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class GatheringTest {
  private static final long FLIGHT = TimeUnit.MILLISECONDS.toNanos(2);
  private static final long NOW = Long.MAX_VALUE - 5; // such clocks wrap around

  private final Gathering gathering = new Gathering();

  @Test
  void nobodyWasAnswered_nothingWaits() {
    assertThat(gathering.leftNanos(1, NOW)).isZero();
  }

  @Test
  void oneClient_neverWaits() {
    gathering.answered(1, 0, FLIGHT, NOW);

    assertThat(gathering.leftNanos(1, NOW)).isZero();
  }

  @Test
  void someWereAnswered_whatIsQueuedWaitsForThem_asLongAsTheyTook() {
    gathering.answered(3, 2, FLIGHT, NOW);

    assertThat(gathering.leftNanos(2, NOW)).isEqualTo(FLIGHT);
    assertThat(gathering.leftNanos(4, NOW + FLIGHT - 1)).isEqualTo(1);
    assertThat(gathering.leftNanos(4, NOW + FLIGHT)).isZero();
  }

  @Test
  void allAreThere_theyGoOutAtOnce() {
    gathering.answered(3, 2, FLIGHT, NOW);

    assertThat(gathering.leftNanos(5, NOW + 1)).isZero();
  }

  @Test
  void slowDisk_isNotWaitedForAsLong() {
    gathering.answered(3, 2, TimeUnit.SECONDS.toNanos(1), NOW);

    assertThat(gathering.leftNanos(2, NOW)).isEqualTo(Gathering.WAIT_MAX.toNanos());
  }

  @Test
  void whoDoesNotComeBack_isWaitedForMoreAndMoreSeldom() {
    int waits = 0;
    for (int entry = 0; entry < 1_000; entry++) {
      gathering.answered(1, 1, FLIGHT, NOW);
      if (gathering.leftNanos(1, NOW) > 0) {
        waits++;
        assertThat(gathering.leftNanos(0, NOW + FLIGHT)).isZero();
      }
    }

    // After 0, 2, 4 … 64 entries that went out at once, and then after each 64 more.
    assertThat(waits).isBetween(15, 25);
  }

  @Test
  void waitThatPaysAgain_isMadeEachTime() {
    for (int entry = 0; entry < 200; entry++) {
      gathering.answered(2, 2, FLIGHT, NOW);
      assertThat(gathering.leftNanos(2, NOW + FLIGHT)).isZero();
    }
    boolean waited = false;
    for (int entry = 0; entry <= Gathering.PASSED_MAX && !waited; entry++) {
      gathering.answered(2, 2, FLIGHT, NOW);
      waited = gathering.leftNanos(2, NOW) > 0;
    }
    assertThat(waited).isTrue();
    assertThat(gathering.leftNanos(4, NOW + 1)).isZero();

    gathering.answered(4, 0, FLIGHT, NOW);
    assertThat(gathering.leftNanos(1, NOW)).isEqualTo(FLIGHT);
  }
}
