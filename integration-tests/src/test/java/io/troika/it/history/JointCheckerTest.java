package io.troika.it.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.it.history.JointChecker.JointAttempt;
import io.troika.it.history.JointChecker.Look;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A toy store of two storages; it is right, or has one bug. */
final class JointCheckerTest {
  private static final List<String> STORAGES = List.of("orders", "stock");
  private static final int STEPS = 200;

  private enum Bug {
    NONE,
    /** A crash between two writes: the second storage never gets it. */
    TORN,
    /** The second storage shows it a step later. */
    SHOWN_LATE,
    /** Each storage counts its own tids. */
    TWO_TIDS,
    /** A refused one is in one of the storages all the same. */
    REFUSED_IN_ONE,
    /** Sent again, it is committed again. */
    TWICE
  }

  private record Recorded(
      List<JointAttempt> attempts,
      Map<String, List<LoggedTransaction>> logs,
      List<List<Look>> looks) {
    List<String> check() {
      return JointChecker.check(attempts, logs, looks);
    }
  }

  /** What a storage has, and up to which tid it shows it. */
  private static final class Toy {
    private final String name;
    private final List<LoggedTransaction> log = new ArrayList<>();
    private long shown;

    private Toy(String name) {
      this.name = name;
    }

    private boolean isSecond() {
      return name.equals("stock");
    }

    private void put(String id, long tid) {
      log.add(new LoggedTransaction(id, tid, Set.of(1L)));
    }

    private long last() {
      return log.isEmpty() ? 0 : log.get(log.size() - 1).tid();
    }
  }

  private static Recorded run(long seed, Bug bug) {
    Random random = new Random(seed);
    List<Toy> toys = STORAGES.stream().map(Toy::new).toList();
    List<JointAttempt> attempts = new ArrayList<>();
    List<Look> looks = new ArrayList<>();
    long tid = 0;
    for (int step = 1; step <= STEPS; step++) {
      String id = "t" + step;
      boolean refused = random.nextInt(4) == 0;
      boolean planted = random.nextInt(10) == 0;
      tid += refused ? 0 : 1 + random.nextInt(3);
      long told = random.nextInt(4) == 0 ? JointAttempt.UNKNOWN : tid;
      attempts.add(new JointAttempt(id, STORAGES, refused ? JointAttempt.REFUSED : told));
      for (Toy toy : toys) {
        Bug here = planted && toy.isSecond() ? bug : Bug.NONE;
        if (refused ? here == Bug.REFUSED_IN_ONE : here != Bug.TORN) {
          tid += refused || here == Bug.TWO_TIDS ? 1 : 0;
          toy.put(id, tid);
          if (here == Bug.TWICE) {
            tid++;
            toy.put(id, tid);
          }
          toy.shown = here == Bug.SHOWN_LATE ? toy.shown : tid;
        }
      }
      for (int i = 0; i < 4; i++) {
        Toy toy = toys.get(random.nextInt(toys.size()));
        looks.add(new Look(toy.name, toy.shown, toy.shown));
      }
      toys.forEach(toy -> toy.shown = toy.last());
    }
    Map<String, List<LoggedTransaction>> logs = new HashMap<>();
    toys.forEach(toy -> logs.put(toy.name, toy.log));
    return new Recorded(attempts, logs, List.of(looks));
  }

  @Test
  void check_correctStore_findsNothing() {
    for (long seed = 0; seed < 50; seed++) {
      assertThat(run(seed, Bug.NONE).check()).as("seed %s", seed).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void check_plantedBug_isCaught(Bug bug) {
    for (long seed = 0; seed < 10; seed++) {
      assertThat(run(seed, bug).check()).as("seed %s", seed).isNotEmpty();
    }
  }

  /** No log can tell that: it is in both, and was seen in one only. */
  @Test
  void check_seenInOneStorageAndNotLaterInTheOther_isCaught() {
    LoggedTransaction first = new LoggedTransaction("a", 1, Set.of(1L));
    LoggedTransaction second = new LoggedTransaction("b", 2, Set.of(1L));
    Map<String, List<LoggedTransaction>> logs =
        Map.of("orders", List.of(first, second), "stock", List.of(first, second));
    List<Look> torn = List.of(new Look("orders", 2, 2), new Look("stock", 1, 1));

    assertThat(JointChecker.check(List.of(), logs, List.of(torn)))
        .singleElement()
        .asString()
        .contains("came after");
  }
}
