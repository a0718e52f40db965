package io.troika.server.raft;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.troika.server.core.command.Command;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.log.LogEntryCodec;
import io.troika.server.raft.files.DurableFiles;
import io.troika.server.raft.state.ReplicatedState;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongPredicate;

/**
 * A small replicated state: hands out numbers, remembers transactions, and chains a digest over all
 * it was told, so that two replicas at one index can be compared. What is flushed is on disk, in
 * one file; the rest is lost with the object, as the memory of a killed process is.
 */
final class LedgerState implements ReplicatedState {
  private final Path file;
  private final List<LogPosition> flushes = new ArrayList<>();
  private LongPredicate failsAt = index -> false;
  private Ledger ledger;
  private volatile LogPosition applied;
  private volatile LogPosition flushed;
  private volatile CompletableFuture<Void> flushesFrom = CompletableFuture.completedFuture(null);
  private volatile long timeMillis;
  private final AtomicInteger installs = new AtomicInteger();

  /** All that is replicated. */
  private static final class Ledger {
    private LogPosition position = LogPosition.NONE;
    private long digest;
    private long nextNumber = 1;
    private Tid lastTid = Tid.NONE;
    private final Map<TransactionId, Tid> committed = new HashMap<>();
  }

  LedgerState(Path directory) throws IOException {
    Files.createDirectories(directory);
    file = directory.resolve("ledger");
    ledger = Files.exists(file) ? read(file) : new Ledger();
    applied = ledger.position;
    flushed = ledger.position;
  }

  /** From now on applying these entries throws, as a broken disk would. */
  synchronized void failAt(LongPredicate indexes) {
    failsAt = indexes;
  }

  synchronized long digest() {
    return ledger.digest;
  }

  synchronized long numbersGiven() {
    return ledger.nextNumber - 1;
  }

  synchronized int transactions() {
    return ledger.committed.size();
  }

  /** The furthest time that an entry had. */
  long timeMillis() {
    return timeMillis;
  }

  int installs() {
    return installs.get();
  }

  synchronized List<LogPosition> flushes() {
    return List.copyOf(flushes);
  }

  @Override
  public LogPosition applied() {
    return applied;
  }

  @Override
  public LogPosition flushed() {
    return flushed;
  }

  @Override
  public synchronized List<Outcome> apply(LogPosition position, LogEntry entry) {
    if (failsAt.test(position.index())) {
      throw new IllegalStateException("told to fail at " + position);
    }
    for (byte next : LogEntryCodec.encode(entry)) {
      ledger.digest = ledger.digest * 31 + next;
    }
    ledger.digest = ledger.digest * 31 + position.index();
    List<Outcome> outcomes = entry.commands().stream().map(this::apply).toList();
    ledger.position = position;
    timeMillis = Math.max(timeMillis, entry.timeMillis());
    applied = position;
    return outcomes;
  }

  private Outcome apply(Command command) {
    if (command instanceof Command.AllocateOids allocate) {
      Oid first = new Oid(ledger.nextNumber);
      ledger.nextNumber += allocate.count();
      return new Outcome.OidsAllocated(first, allocate.count());
    }
    if (command instanceof Command.CommitTransaction commit) {
      Tid tid = ledger.committed.get(commit.id());
      if (tid == null) {
        tid =
            commit.candidate().compareTo(ledger.lastTid) > 0
                ? commit.candidate()
                : ledger.lastTid.next();
        ledger.lastTid = tid;
        ledger.committed.put(commit.id(), tid);
      }
      return new Outcome.Committed(tid);
    }
    return new Outcome.Done();
  }

  @Override
  public synchronized void advance(LogPosition position) {
    ledger.position = position;
    applied = position;
  }

  /** From now on nothing is flushed, until this is completed. */
  void holdFlushes(CompletableFuture<Void> until) {
    flushesFrom = until;
  }

  @Override
  public LogPosition flush() throws IOException {
    flushesFrom.join();
    return flushNow();
  }

  private synchronized LogPosition flushNow() throws IOException {
    Path next = file.resolveSibling("ledger.new");
    write(next);
    DurableFiles.replace(file, Files.readAllBytes(next));
    flushed = ledger.position;
    flushes.add(flushed);
    return flushed;
  }

  @Override
  public synchronized LogPosition checkpoint(Path directory) throws IOException {
    Files.createDirectories(directory);
    write(directory.resolve("ledger"));
    return ledger.position;
  }

  @Override
  public LogPosition verifyCheckpoint(Path directory) throws IOException {
    return read(directory.resolve("ledger")).position;
  }

  @Override
  public synchronized void install(Path directory) throws IOException {
    Ledger received = read(directory.resolve("ledger"));
    DurableFiles.replace(file, Files.readAllBytes(directory.resolve("ledger")));
    Files.delete(directory.resolve("ledger"));
    Files.delete(directory);
    ledger = received;
    applied = received.position;
    flushed = received.position;
    installs.incrementAndGet();
  }

  @Override
  public long diskBytes() {
    try {
      return Files.exists(file) ? Files.size(file) : 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {}

  private void write(Path target) throws IOException {
    try (DataOutputStream out = new DataOutputStream(Files.newOutputStream(target))) {
      out.writeLong(ledger.position.term());
      out.writeLong(ledger.position.index());
      out.writeLong(ledger.digest);
      out.writeLong(ledger.nextNumber);
      out.writeLong(ledger.lastTid.value());
      out.writeInt(ledger.committed.size());
      for (Map.Entry<TransactionId, Tid> each : ledger.committed.entrySet()) {
        out.writeUTF(each.getKey().client().toString());
        out.writeLong(each.getKey().sequence());
        out.writeLong(each.getValue().value());
      }
    }
  }

  private static Ledger read(Path source) throws IOException {
    Ledger read = new Ledger();
    try (DataInputStream in = new DataInputStream(Files.newInputStream(source))) {
      read.position = new LogPosition(in.readLong(), in.readLong());
      read.digest = in.readLong();
      read.nextNumber = in.readLong();
      read.lastTid = new Tid(in.readLong());
      for (int left = in.readInt(); left > 0; left--) {
        TransactionId id = new TransactionId(UUID.fromString(in.readUTF()), in.readLong());
        read.committed.put(id, new Tid(in.readLong()));
      }
    }
    return read;
  }

  /** A command of about this many bytes. */
  static Bytes payload(int bytes) {
    return Bytes.wrap("x".repeat(bytes).getBytes(UTF_8));
  }
}
