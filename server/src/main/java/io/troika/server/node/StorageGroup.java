package io.troika.server.node;

import io.troika.server.core.CommitListener;
import io.troika.server.core.RevisionReader;
import io.troika.server.core.StorageCore;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.core.pack.ReferenceFinder;
import io.troika.server.raft.state.ReplicatedState;
import io.troika.server.references.RecordReferences;
import io.troika.server.service.ports.StateEvents;
import io.troika.server.storage.rocksdb.RocksFigures;
import io.troika.server.storage.rocksdb.RocksResources;
import io.troika.server.storage.rocksdb.RocksRevisionStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The state of one Raft group on this node: the core over a RocksDB store. The Raft log is the
 * store's write-ahead log, so nothing here is durable before {@link #flush}.
 *
 * <p>{@link #install} runs on the thread that applies, so the core never sees two states at once;
 * readers are held up by the store itself. What is applied and what is on disk is told at once
 * meanwhile: peers ask, and health, on threads that must not wait.
 */
final class StorageGroup implements ReplicatedState {
  /** What records refer to: for the core and for whoever looks for garbage. */
  static final ReferenceFinder REFERENCES = new RecordReferences();

  private final RocksRevisionStore store;
  private final StateEvents events;
  private StorageCore core;
  private volatile LogPosition applied;

  private StorageGroup(RocksRevisionStore store, StateEvents events) {
    this.store = store;
    this.events = events;
    this.core = newCore();
    this.applied = store.group().applied();
  }

  /** Opens the state in {@code directory}, which is made if it is missing. */
  static StorageGroup open(Path directory, RocksResources resources, StateEvents events)
      throws IOException {
    return new StorageGroup(RocksRevisionStore.open(directory, resources), events);
  }

  private StorageCore newCore() {
    return new StorageCore(store, new Announcer(events), REFERENCES);
  }

  /** What readers see. */
  RevisionReader reader() {
    return store;
  }

  /** Completes when the database is found to be damaged. */
  CompletableFuture<Throwable> whenDamaged() {
    return store.whenDamaged();
  }

  /** How the database is doing. */
  RocksFigures figures() {
    return store.figures();
  }

  @Override
  public LogPosition applied() {
    return applied;
  }

  @Override
  public LogPosition flushed() {
    return store.flushedPosition();
  }

  @Override
  public List<Outcome> apply(LogPosition position, LogEntry entry) {
    List<Outcome> outcomes = core.apply(position, entry);
    applied = position;
    return outcomes;
  }

  @Override
  public void advance(LogPosition position) {
    core.advance(position);
    applied = position;
  }

  @Override
  public LogPosition flush() throws IOException {
    return store.flush();
  }

  @Override
  public LogPosition checkpoint(Path directory) throws IOException {
    return store.checkpoint(directory);
  }

  @Override
  public LogPosition verifyCheckpoint(Path directory) throws IOException {
    return RocksRevisionStore.verifyCheckpoint(directory);
  }

  @Override
  public void install(Path directory) throws IOException {
    applied = store.install(directory);
    core = newCore(); // It may remember something of the state that is gone.
    events.replaced();
  }

  @Override
  public long diskBytes() {
    try {
      return store.diskBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    store.close();
  }

  private record Announcer(StateEvents events) implements CommitListener {
    @Override
    public void storageCreated(StorageState storage) {}

    @Override
    public void catalogChanged() {
      events.catalogChanged();
    }

    @Override
    public void storageDropped(StorageId storage) {
      events.storageDropped(storage);
    }

    @Override
    public void committed(StorageId storage, List<TransactionRecord> transactions) {
      events.committed(storage, transactions);
    }
  }
}
