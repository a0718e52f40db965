package io.troika.server.service.commit;

import io.troika.server.config.NodeConfig.LimitsConfig;
import io.troika.server.core.CommitListener;
import io.troika.server.core.StorageCore;
import io.troika.server.core.command.Command;
import io.troika.server.core.command.Command.CommitTransaction;
import io.troika.server.core.command.Command.CreateStorage;
import io.troika.server.core.command.Command.ReadCheck;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.service.ports.FakeLog;
import io.troika.server.service.ports.GroupMembers;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.ports.ReplicatedLog;
import io.troika.server.service.ports.ThreadTimer;
import io.troika.server.service.waits.LeaderWaits;
import io.troika.server.storage.memory.MemoryRevisionStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the sequencer adds to a transaction: looking for its outcome, locks, checks against a store
 * in memory of 10,000 objects, and giving the locks back. The log answers at once and applies
 * nothing. Run {@code org.openjdk.jmh.Main CommitSequencerBenchmark} on the test class path; with
 * {@code -t 2} for two threads that lock different objects mostly.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class CommitSequencerBenchmark {
  private static final StorageId MAIN = new StorageId(1);
  private static final UUID CLIENT = new UUID(1, 1);
  private static final int OBJECTS = 10_000;
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Bytes VALUE = Bytes.wrap(new byte[256]);

  private final MemoryRevisionStore store = new MemoryRevisionStore();
  private final ExecutorService executor = Executors.newFixedThreadPool(2);
  private final ThreadTimer timer = ThreadTimer.start("benchmark-timer");
  private final AtomicLong sequence = new AtomicLong();
  private final InstantLog log = new InstantLog();
  private final CommitSequencer sequencer =
      new CommitSequencer(
          log, new LeaderWaits(log, timer, executor), store, LimitsConfig.DEFAULT, timer, executor);

  /** Object n is written by the transaction with tid n + 1. */
  @Setup(Level.Trial)
  public void fill() {
    StorageCore core = new StorageCore(store, CommitListener.NONE);
    core.apply(
        new LogPosition(1, 0), new LogEntry(0, 1_000, List.of(new CreateStorage("main", CLIENT))));
    for (int i = 0; i < OBJECTS; i++) {
      TransactionRequest creation = request(List.of(), List.of(write(i, Tid.NONE)));
      core.apply(
          new LogPosition(1, 1 + i),
          new LogEntry(i, 1_000, List.of(creation.toCommand(new Tid(i + 1)))));
    }
  }

  @TearDown(Level.Trial)
  public void stop() {
    sequencer.close();
    timer.close();
    executor.shutdown();
  }

  @Benchmark
  public TransactionOutcome commitOneWrite() {
    return sequencer.commit(oneWrite(), PATIENCE).join();
  }

  /** Eight objects written, eight that must not change. */
  @Benchmark
  public TransactionOutcome commitSixteenParts() {
    long first = sequence.incrementAndGet() * 16;
    List<Write> writes = new ArrayList<>(8);
    List<ReadCheck> reads = new ArrayList<>(8);
    for (int i = 0; i < 8; i++) {
      int read = (int) ((first + 8 + i) % OBJECTS);
      writes.add(current((int) ((first + i) % OBJECTS)));
      reads.add(new ReadCheck(new Oid(read), new Tid(read + 1)));
    }
    return sequencer.commit(request(reads, writes), PATIENCE).join();
  }

  /** In two phases, with a lease in between. */
  @Benchmark
  public TransactionOutcome voteAndFinish() {
    TransactionRequest request = oneWrite();
    VoteAnswer vote = sequencer.vote(request, PATIENCE, SessionHolder.PRESENT).join();
    if (!(vote instanceof VoteAnswer.Voted)) {
      throw new IllegalStateException("the vote is " + vote);
    }
    return sequencer.finish(request.id()).join();
  }

  private TransactionRequest oneWrite() {
    return request(List.of(), List.of(current((int) (sequence.get() % OBJECTS))));
  }

  private TransactionRequest request(List<ReadCheck> reads, List<Write> writes) {
    TransactionId id = new TransactionId(CLIENT, sequence.incrementAndGet());
    return new TransactionRequest(
        id, MAIN, TransactionMetadata.EMPTY, reads, writes, List.of(), List.of());
  }

  private static Write current(int object) {
    return write(object, new Tid(object + 1));
  }

  private static Write write(int object, Tid serial) {
    return new Write(new Oid(object), serial, VALUE);
  }

  /** Leads for ever, and answers what is submitted at once. */
  private static final class InstantLog implements ReplicatedLog {
    private static final Leadership LEADS = new Leadership(1, "n1", "127.0.0.1:7401", true);

    private final AtomicLong clock = new AtomicLong(OBJECTS);

    @Override
    public CompletableFuture<Outcome> submit(Command command) {
      return CompletableFuture.completedFuture(
          new Committed(((CommitTransaction) command).candidate()));
    }

    @Override
    public CompletableFuture<Long> proveLeadership() {
      return CompletableFuture.completedFuture(1L);
    }

    @Override
    public void tellFollower(String nodeId) {}

    @Override
    public Leadership leadership() {
      return LEADS;
    }

    @Override
    public void addLeadershipListener(Consumer<Leadership> listener) {}

    @Override
    public GroupMembers members() {
      return GroupMembers.UNKNOWN;
    }

    @Override
    public int commandBytesMax() {
      return FakeLog.COMMAND_BYTES_MAX;
    }

    @Override
    public Tid tidCandidate() {
      return new Tid(clock.incrementAndGet());
    }
  }
}
