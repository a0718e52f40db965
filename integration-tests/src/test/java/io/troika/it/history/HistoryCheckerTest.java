package io.troika.it.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.it.history.SimulatedHistory.Bug;
import io.troika.it.history.Violation.Promise;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HistoryCheckerTest {
  private static final int SEEDS = 50;

  @Test
  void check_correctStore_findsNothing() {
    for (long seed = 0; seed < SEEDS; seed++) {
      SimulatedHistory.Recorded history = SimulatedHistory.run(seed, Bug.NONE);

      assertThat(HistoryChecker.check(history.attempts(), history.log()))
          .as("seed %s", seed)
          .isEmpty();
      assertThat(history.log()).hasSizeGreaterThan(10);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "ACKNOWLEDGE_BEFORE_COMMIT, DURABLE",
    "APPLY_TWICE_ON_RETRY, ONCE",
    "REPORT_CONFLICT_BUT_COMMIT, NOTHING_HAPPENED",
    "SKIP_WRITE_CHECK, FIRST_COMMITTER_WINS",
    "SKIP_READ_CURRENT_CHECK, READ_CURRENT",
    "READ_BEYOND_VIEW, READ_VIEW",
    "READ_STALE_CACHE, READ_VIEW",
    "STALE_BEGIN, LINEARIZABLE_BEGIN",
    "SESSION_GOES_BACK, MONOTONIC_SESSION",
    "TID_FROM_CLOCK_ALONE, TIDS_INCREASE",
    "TID_FROM_CLOCK_ALONE, REAL_TIME_ORDER"
  })
  void check_seededBug_isCaught(Bug bug, Promise broken) {
    Set<Promise> found = EnumSet.noneOf(Promise.class);
    LongStream.range(0, SEEDS)
        .mapToObj(seed -> SimulatedHistory.run(seed, bug))
        .flatMap(history -> HistoryChecker.check(history.attempts(), history.log()).stream())
        .forEach(violation -> found.add(violation.promise()));

    assertThat(found).contains(broken);
  }
}
