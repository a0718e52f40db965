package io.troika.server.core.simulation;

import static java.util.Objects.requireNonNull;

import io.troika.server.core.CommitListener;
import io.troika.server.core.StorageCore;
import io.troika.server.core.command.Command.CreateStorage;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.digest.GroupDigest;
import io.troika.server.core.digest.ReplicaDigest;
import io.troika.server.core.model.LogPosition;
import io.troika.server.storage.memory.MemoryRevisionStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A committed Raft log, with what a replica that never failed answered and became at each index.
 */
final class SimulatedLog {
  static final LogEntry FIRST =
      new LogEntry(100, 40, List.of(new CreateStorage("main", new UUID(1, 2))));

  private final List<Slot> slots = new ArrayList<>();

  /**
   * One place in the log.
   *
   * @param entry null for an entry without commands (a new term, a configuration)
   * @param outcomes empty for such an entry
   */
  record Slot(
      LogPosition position, @Nullable LogEntry entry, List<Outcome> outcomes, GroupDigest digest) {}

  private SimulatedLog() {}

  /** A log of {@code size} entries, a function of the random numbers. */
  static SimulatedLog random(Random random, int size) {
    SimulatedLog log = new SimulatedLog();
    MemoryRevisionStore store = new MemoryRevisionStore();
    StorageCore core = new StorageCore(store, CommitListener.NONE, ToyReferences.FINDER);
    long term = 1;
    for (int index = 0; index < size; index++) {
      boolean newTerm = index > 0 && random.nextInt(12) == 0;
      term += newTerm ? 1 + random.nextInt(2) : 0;
      LogPosition position = new LogPosition(term, index);
      LogEntry entry =
          newTerm ? null : index == 0 ? FIRST : RandomEntries.nextWithStorages(random, store);
      List<Outcome> outcomes = List.of();
      if (entry == null) {
        core.advance(position);
      } else {
        outcomes = core.apply(position, entry);
      }
      log.slots.add(new Slot(position, entry, outcomes, new ReplicaDigest(store).group()));
    }
    return log;
  }

  int size() {
    return slots.size();
  }

  Slot at(long index) {
    return requireNonNull(slots.get((int) index));
  }
}
