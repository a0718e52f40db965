package io.troika.server.core.simulation;

import io.troika.server.core.CommitListener;
import io.troika.server.core.RevisionStore;
import io.troika.server.core.StorageCore;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.digest.GroupDigest;
import io.troika.server.core.digest.ReplicaDigest;
import io.troika.server.core.digest.StateVerification;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.StorageState;
import io.troika.server.storage.memory.MemoryRevisionStore;
import java.util.ArrayList;
import java.util.List;

/**
 * One replica: a core over a store in memory, and the state it would find after a crash, which is
 * that of its last flush.
 */
final class Replica {
  private final int number;
  private final Build build;
  private MemoryRevisionStore flushed = new MemoryRevisionStore();
  private MemoryRevisionStore store = new MemoryRevisionStore();
  private Applier applier;

  /** What a replica runs; a test can plant a bug here. */
  interface Build {
    /** The core as it is. */
    Build SOUND =
        (replica, store) ->
            new StorageCore(store, CommitListener.NONE, ToyReferences.FINDER)::apply;

    /** Starts the core of a replica on a store, as a new process would. */
    Applier start(int replica, RevisionStore store);
  }

  interface Applier {
    List<Outcome> apply(LogPosition position, LogEntry entry);
  }

  Replica(int number, Build build) {
    this.number = number;
    this.build = build;
    this.applier = build.start(number, store);
  }

  /** The index of the entry to apply next. */
  long nextIndex() {
    return store.group().applied().index() + 1;
  }

  /**
   * Applies one slot and compares outcomes and state with those of a replica that never failed.
   *
   * @throws AssertionError if they differ
   */
  void apply(SimulatedLog.Slot slot) {
    LogEntry entry = slot.entry();
    List<Outcome> outcomes = List.of();
    if (entry == null) {
      new StorageCore(store, CommitListener.NONE).advance(slot.position());
    } else {
      outcomes = applier.apply(slot.position(), entry);
    }
    requireEqual("outcomes", slot, slot.outcomes(), outcomes);
    GroupDigest digest = new ReplicaDigest(store).group();
    requireEqual("applied position", slot, slot.digest().applied(), digest.applied());
    requireEqual("digest", slot, slot.digest().sha256(), digest.sha256());
  }

  private void requireEqual(String what, SimulatedLog.Slot slot, Object expected, Object found) {
    if (!expected.equals(found)) {
      throw new AssertionError(
          what
              + " of replica "
              + number
              + " at "
              + slot.position()
              + ": expected "
              + expected
              + ", found "
              + found);
    }
  }

  void flush() {
    flushed = store.copy();
  }

  /** All that was applied since the last flush is lost; a new process starts. */
  void crash() {
    restartOn(flushed.copy());
  }

  /** The disk is lost. */
  void wipe() {
    flushed = new MemoryRevisionStore();
    crash();
  }

  /** Takes the state of another replica that is ahead, as a snapshot install does. */
  void installFrom(Replica other) {
    if (other.nextIndex() > nextIndex()) {
      flushed = other.store.copy();
      crash();
    }
  }

  private void restartOn(MemoryRevisionStore state) {
    store = state;
    applier = build.start(number, store);
  }

  /** What does not fit together in its state. */
  List<String> verify() {
    List<String> findings = new ArrayList<>();
    for (StorageState state : store.storages()) {
      findings.addAll(StateVerification.verify(store, state.id()));
    }
    return findings;
  }
}
