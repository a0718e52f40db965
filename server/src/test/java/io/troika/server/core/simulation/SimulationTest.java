package io.troika.server.core.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.core.CommitListener;
import io.troika.server.core.RevisionStore;
import io.troika.server.core.StorageCore;
import io.troika.server.core.command.Command;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.model.LogPosition;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Replicas stay equal whatever happens to them, and the simulation would notice if not. */
final class SimulationTest {
  private static final int SEEDS = 600;

  @Test
  void replicas_crashesReplaysAndInstalls_staySame() {
    Long only = Long.getLong("troika.simulation.seed");
    if (only != null) {
      Simulation.run(only, Replica.Build.SOUND);
      return;
    }
    for (long seed = 0; seed < SEEDS; seed++) {
      Simulation.run(seed, Replica.Build.SOUND);
    }
  }

  @Test
  void logs_ofAllSeeds_containEveryKindOfOutcomeOften() {
    TreeMap<String, Integer> kinds = new TreeMap<>();
    for (long seed = 0; seed < 600; seed++) {
      SimulatedLog log = SimulatedLog.random(new Random(seed), 40);
      for (int index = 0; index < log.size(); index++) {
        log.at(index).outcomes().forEach(outcome -> kinds.merge(kind(outcome), 1, Integer::sum));
      }
    }

    assertThat(kinds)
        .containsOnlyKeys(
            "Abandoned",
            "Committed",
            "Conflict",
            "Done",
            "GarbageStale",
            "INVALID_TRANSACTION",
            "OIDS_EXHAUSTED",
            "OidsAllocated",
            "Packing",
            "STAGING_FULL",
            "STAGING_LOST",
            "Staged",
            "StorageCreated",
            "TID_NOT_GREATER",
            "UNKNOWN_OBJECT",
            "UNKNOWN_STORAGE",
            "UNKNOWN_TRANSACTION",
            "UndoConflict");
    assertThat(kinds).allSatisfy((kind, count) -> assertThat(count).as(kind).isGreaterThan(10));
    assertThat(kinds.get("Committed")).isGreaterThan(1_500);
  }

  @Test
  void log_sameSeed_isTheSame() {
    SimulatedLog first = SimulatedLog.random(new Random(42), 40);
    SimulatedLog second = SimulatedLog.random(new Random(42), 40);

    for (int index = 0; index < first.size(); index++) {
      assertThat(second.at(index)).isEqualTo(first.at(index));
    }
  }

  @Test
  void localClockInPlaceOfTheEntrysTime_isCaught() {
    assertCaught(
        (replica, store) -> {
          StorageCore core = new StorageCore(store, CommitListener.NONE, ToyReferences.FINDER);
          return (position, entry) ->
              core.apply(
                  position,
                  new LogEntry(
                      entry.timeMillis() + replica,
                      entry.outcomeRetentionMillis(),
                      entry.commands()));
        });
  }

  @Test
  void commandsInAnOrderOfTheProcess_isCaught() {
    assertCaught(
        (replica, store) -> {
          StorageCore core = new StorageCore(store, CommitListener.NONE, ToyReferences.FINDER);
          return (position, entry) -> {
            List<Command> shuffled = new ArrayList<>(entry.commands());
            Collections.shuffle(shuffled, new Random(replica));
            return core.apply(
                position,
                new LogEntry(entry.timeMillis(), entry.outcomeRetentionMillis(), shuffled));
          };
        });
  }

  @Test
  void outcomesRememberedInTheProcessOnly_isCaught() {
    assertCaught(
        (replica, store) -> {
          RevisionStore forgetful = new ForgetfulStore(store);
          return new StorageCore(forgetful, CommitListener.NONE, ToyReferences.FINDER)::apply;
        });
  }

  @Test
  void storagesOfOneTransactionWrittenOneByOne_isCaught() {
    assertCaught(
        (replica, store) ->
            new StorageCore(new TornStore(store), CommitListener.NONE, ToyReferences.FINDER)
                ::apply);
  }

  @Test
  void entriesAppliedAgainAfterACrash_isCaught() {
    assertCaught(
        (replica, store) -> {
          StorageCore core = new StorageCore(store, CommitListener.NONE, ToyReferences.FINDER);
          return (position, entry) -> {
            LogPosition applied = core.applied();
            List<Outcome> outcomes = core.apply(position, entry);
            // As if the applied index were not written together with the data.
            return applied.index() > 20 ? core.apply(position, entry) : outcomes;
          };
        });
  }

  private static void assertCaught(Replica.Build planted) {
    assertThatThrownBy(
            () -> {
              for (long seed = 0; seed < SEEDS; seed++) {
                Simulation.run(seed, planted);
              }
            })
        .isInstanceOf(AssertionError.class)
        .hasMessageMatching("(?s)seed \\d+ .*");
  }

  private static String kind(Outcome outcome) {
    return outcome instanceof Rejected rejected
        ? rejected.reason().name()
        : outcome.getClass().getSimpleName();
  }
}
