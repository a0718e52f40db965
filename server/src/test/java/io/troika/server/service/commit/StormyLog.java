package io.troika.server.service.commit;

import static io.troika.server.core.model.Checks.checkInvariant;

import io.troika.server.core.StorageCore;
import io.troika.server.core.command.Command;
import io.troika.server.core.command.Command.CommitTransaction;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.service.ports.FakeLog;
import io.troika.server.service.ports.GroupMembers;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.ports.ManualTimer;
import io.troika.server.service.ports.ReplicatedLog;
import io.troika.server.service.refusals.NotLeaderException;
import io.troika.server.service.refusals.OutcomeUnknownException;
import io.troika.server.service.refusals.OverloadedException;
import io.troika.server.storage.memory.MemoryRevisionStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A log with a thread of its own, which applies to a real core, moves the time and makes the
 * weather: answers that are lost before or after their command is applied, or long before;
 * refusals; leadership lost to another node that commits as well, and regained in a later term;
 * terms that change before anybody is told. What it does is drawn from a seed; how the threads meet
 * it is not.
 */
final class StormyLog implements ReplicatedLog, AutoCloseable {
  /** What is not drawn. */
  record Weather(boolean stormy) {
    static final Weather CALM = new Weather(false);
    static final Weather STORMY = new Weather(true);
  }

  private static final Duration IDLE_STEP = Duration.ofMillis(100);
  private static final Duration BUSY_STEP = Duration.ofMillis(5);
  private static final int COMMANDS_PER_STORM = 150;
  private static final UUID ELSEWHERE = new UUID(9, 9);

  private final MemoryRevisionStore store;
  private final StorageCore core;
  private final StorageId storage;
  private final ManualTimer timer;
  private final Weather weather;
  private final Random random; // guarded by itself
  private final BlockingQueue<Runnable> queue = new LinkedBlockingQueue<>();
  private final List<Consumer<Leadership>> listeners = new CopyOnWriteArrayList<>();
  private final AtomicLong clock = new AtomicLong(Tid.ofInstant(Instant.EPOCH).value());
  private final Map<TransactionId, Tid> appended = new ConcurrentHashMap<>();

  // Of the log's thread.
  private final List<Tid> tids = new ArrayList<>();
  private final Queue<Command> delayed = new ArrayDeque<>();
  private final Queue<Runnable> script = new ArrayDeque<>();
  private long elsewhereSequence;

  private volatile Leadership leadership = new Leadership(1, "n1", "127.0.0.1:7401", true);
  private volatile @Nullable LockWitness witness;
  private volatile boolean raining;
  private volatile boolean stopping;
  private volatile @Nullable Throwable failure;
  private final Thread thread = new Thread(this::run, "stormy-log");

  StormyLog(
      MemoryRevisionStore store,
      StorageCore core,
      StorageId storage,
      ManualTimer timer,
      Weather weather,
      long seed) {
    this.store = store;
    this.core = core;
    this.storage = storage;
    this.timer = timer;
    this.weather = weather;
    this.random = new Random(seed);
  }

  void start(LockWitness newWitness) {
    witness = newWitness;
    raining = weather.stormy();
    thread.setDaemon(true);
    thread.start();
  }

  // What the sequencer asks.

  @Override
  public CompletableFuture<Outcome> submit(Command command) {
    CommitTransaction commit = (CommitTransaction) command;
    LockWitness noting = requireWitness();
    noting.claim(
        commit.id(),
        commit.writes().stream().map(Write::oid).toList(),
        commit.reads().stream().map(Command.ReadCheck::oid).toList(),
        Long.MAX_VALUE);
    Leadership now = leadership;
    if (!now.self() || chance(raining ? 50 : 0)) {
      noting.ends(commit.id());
      return CompletableFuture.failedFuture(
          now.self() ? new OverloadedException("full") : new NotLeaderException(now));
    }
    CompletableFuture<Outcome> answer = new CompletableFuture<>();
    queue.add(() -> process(commit, now.term(), answer));
    return answer;
  }

  @Override
  public CompletableFuture<Long> proveLeadership() {
    CompletableFuture<Long> proof = new CompletableFuture<>();
    queue.add(
        () -> {
          Leadership now = leadership;
          if (now.self()) {
            proof.complete(now.term());
          } else {
            proof.completeExceptionally(new NotLeaderException(now));
          }
        });
    return proof;
  }

  @Override
  public void tellFollower(String nodeId) {}

  @Override
  public Leadership leadership() {
    return leadership;
  }

  @Override
  public void addLeadershipListener(Consumer<Leadership> listener) {
    listeners.add(listener);
  }

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
    return new Tid(clock.addAndGet(1_000));
  }

  // The log's thread.

  private void run() {
    try {
      while (!stopping || !queue.isEmpty()) {
        Runnable next = queue.poll(1, TimeUnit.MILLISECONDS);
        if (next == null) {
          timer.advance(IDLE_STEP);
        } else {
          next.run();
          if (chance(16)) {
            timer.advance(BUSY_STEP);
          }
        }
        if (raining) {
          makeWeather();
        }
      }
    } catch (InterruptedException | RuntimeException | Error e) {
      failure = e;
    }
  }

  private void process(CommitTransaction command, long term, CompletableFuture<Outcome> answer) {
    boolean deposed = leadership.term() != term;
    int luck = raining ? draw(deposed ? 30 : 100) : 99;
    if (luck < 10) {
      apply(command); // committed, and nobody here hears of it
      lose(command.id(), answer);
    } else if (luck < 20) {
      lose(command.id(), answer); // never appended
    } else if (luck < 24) {
      delayed.add(command); // appended, committed by a later leader
      lose(command.id(), answer);
    } else if (luck < 26 && !deposed) {
      end(command.id(), () -> answer.completeExceptionally(new OverloadedException("full")));
    } else {
      Outcome outcome = apply(command);
      end(command.id(), () -> answer.complete(outcome));
    }
  }

  private void lose(TransactionId id, CompletableFuture<Outcome> answer) {
    OutcomeUnknownException unknown =
        new OutcomeUnknownException("the answer was lost", new IllegalStateException("storm"));
    end(id, () -> answer.completeExceptionally(unknown));
  }

  private void end(TransactionId id, Runnable answering) {
    requireWitness().ending(id, answering);
  }

  private Outcome apply(Command command) {
    LogPosition position = new LogPosition(leadership.term(), core.applied().index() + 1);
    LogEntry entry = new LogEntry(1_000, 86_400_000, List.of(command));
    Outcome outcome = core.apply(position, entry).get(0);
    if (command instanceof CommitTransaction commit && outcome instanceof Committed committed) {
      Tid before = appended.putIfAbsent(commit.id(), committed.tid());
      if (before == null) {
        tids.add(committed.tid());
      }
      checkInvariant(
          before == null || before.equals(committed.tid()), "%s committed twice", commit.id());
    }
    return outcome;
  }

  private void makeWeather() {
    Runnable step = script.poll();
    if (step != null) {
      step.run();
    } else if (!delayed.isEmpty() && chance(20)) {
      apply(delayed.remove());
    } else if (chance(COMMANDS_PER_STORM)) {
      long term = leadership.term();
      switch (draw(3)) {
        case 0 -> {
          script.add(() -> change(new Leadership(term + 1, "n2", "127.0.0.1:7402", false)));
          script.add(this::commitElsewhere);
          script.add(this::commitElsewhere);
          script.add(() -> change(new Leadership(term + 2, "n1", "127.0.0.1:7401", true, false)));
          script.add(() -> change(new Leadership(term + 2, "n1", "127.0.0.1:7401", true)));
        }
        case 1 -> {
          script.add(() -> leadership = new Leadership(term + 1, "", "", false));
          script.add(() -> leadership = new Leadership(term + 2, "n1", "127.0.0.1:7401", true));
          script.add(() -> {}); // a command more, and nobody was told
          script.add(() -> change(leadership));
        }
        default -> script.add(() -> change(new Leadership(term + 1, "n1", "127.0.0.1:7401", true)));
      }
    }
  }

  private void change(Leadership next) {
    leadership = next;
    listeners.forEach(listener -> listener.accept(next));
  }

  /** A transaction of the other leader, on an object that is in use here. */
  private void commitElsewhere() {
    Oid oid = new Oid(draw(StressClient.HOT_OBJECTS));
    StoredRevision newest = store.newestBefore(storage, oid, Tid.MAX);
    Write write = new Write(oid, newest == null ? Tid.NONE : newest.tid(), Bytes.utf8("elsewhere"));
    apply(
        new CommitTransaction(
            new TransactionId(ELSEWHERE, ++elsewhereSequence),
            storage,
            tidCandidate(),
            TransactionMetadata.EMPTY,
            List.of(),
            List.of(write),
            List.of(),
            List.of()));
  }

  private boolean chance(int oneIn) {
    return oneIn > 0 && draw(oneIn) == 0;
  }

  private int draw(int bound) {
    synchronized (random) {
      return random.nextInt(bound);
    }
  }

  private LockWitness requireWitness() {
    LockWitness present = witness;
    if (present == null) {
      throw new IllegalStateException("not started");
    }
    return present;
  }

  // What the test asks.

  /** The tid with which a transaction is in the log, or null. */
  @Nullable Tid appended(TransactionId id) {
    return appended.get(id);
  }

  /** No storms from now on; the node leads. */
  void calm() {
    queue.add(
        () -> {
          raining = false;
          script.forEach(Runnable::run);
          script.clear();
          while (!delayed.isEmpty()) {
            apply(delayed.remove());
          }
        });
  }

  /** Ends the thread after what is queued; tids are in log order. */
  List<Tid> stop() throws InterruptedException {
    stopping = true;
    thread.join();
    if (failure != null) {
      throw new AssertionError("the log failed", failure);
    }
    return tids;
  }

  /** Lets the thread end, whatever it is at. */
  @Override
  public void close() {
    stopping = true;
  }
}
