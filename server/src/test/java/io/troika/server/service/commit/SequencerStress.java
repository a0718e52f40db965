package io.troika.server.service.commit;

import io.troika.server.config.NodeConfig.LimitsConfig;
import io.troika.server.core.CommitListener;
import io.troika.server.core.StorageCore;
import io.troika.server.core.command.Command.CreateStorage;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.StorageCreated;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.ports.ManualTimer;
import io.troika.server.service.waits.LeaderWaits;
import io.troika.server.storage.memory.MemoryRevisionStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A sequencer over a {@link StormyLog}, its clients, and what they found. */
final class SequencerStress implements AutoCloseable {
  private static final LimitsConfig LIMITS =
      new LimitsConfig(1_000, 16, Duration.ofMillis(500), 7, 1, 1, Duration.ofSeconds(2));
  private static final Duration LEADER_WAIT = Duration.ofSeconds(5);
  private static final long CLIENTS_SECONDS_MAX = 400;

  private final MemoryRevisionStore store = new MemoryRevisionStore();
  private final ManualTimer timer = new ManualTimer();
  private final StorageId storage;
  private final boolean calm;
  private final Set<String> awaited;
  private final int awaitedTenures;
  private final StormyLog log;
  private final ExecutorService serviceThreads = Executors.newFixedThreadPool(2);
  private final ExecutorService copies = Executors.newFixedThreadPool(2);
  private final LeaderWaits leaderWaits;
  private final CommitSequencer sequencer;
  private final LockWitness witness;
  private final Set<Tenure> tenures = ConcurrentHashMap.newKeySet();
  private final Queue<String> violations = new ConcurrentLinkedQueue<>();
  private final Map<TransactionId, TransactionOutcome> outcomes = new ConcurrentHashMap<>();
  private final Map<String, AtomicLong> counts = new ConcurrentHashMap<>();
  private final AtomicLong newestAcknowledged = new AtomicLong();
  private final AtomicLong calls = new AtomicLong();
  private final AtomicLong answers = new AtomicLong();

  /**
   * @param awaited the outcomes and failures that clients have to meet before they stop: how often
   *     each comes depends on how the threads meet
   * @param awaitedTenures in how many terms the node has to lead before they stop
   */
  SequencerStress(StormyLog.Weather weather, long seed, Set<String> awaited, int awaitedTenures) {
    this.awaited = awaited;
    this.awaitedTenures = awaitedTenures;
    StorageCore core = new StorageCore(store, CommitListener.NONE);
    LogEntry creation =
        new LogEntry(1_000, 86_400_000, List.of(new CreateStorage("main", new UUID(3, 4))));
    storage = ((StorageCreated) core.apply(new LogPosition(1, 1), creation).get(0)).storage().id();
    calm = !weather.stormy();
    log = new StormyLog(store, core, storage, timer, weather, seed);
    leaderWaits = new LeaderWaits(log, timer, serviceThreads);
    sequencer = new CommitSequencer(log, leaderWaits, store, LIMITS, timer, serviceThreads);
    witness = new LockWitness(this::presentTenure, timer::nanoTime);
    log.addLeadershipListener(announced -> presentTenure());
    log.start(witness);
  }

  /** Noted as well, so that it can be looked at when it is over. */
  private @Nullable Tenure presentTenure() {
    Tenure tenure = sequencer.tenure();
    if (tenure != null) {
      tenures.add(tenure);
    }
    return tenure;
  }

  /** Lets clients loose, each with so many transactions at least, and waits for them. */
  void run(int clients, int transactionsEach, long seed)
      throws InterruptedException, ExecutionException {
    ExecutorService threads = Executors.newFixedThreadPool(clients);
    try {
      List<Future<?>> ends = new ArrayList<>();
      for (int i = 0; i < clients; i++) {
        StressClient client = new StressClient(this, seed, i);
        ends.add(
            threads.submit(
                () -> {
                  client.run(transactionsEach);
                  return null;
                }));
      }
      for (Future<?> end : ends) {
        end.get(CLIENTS_SECONDS_MAX, TimeUnit.SECONDS);
      }
    } catch (TimeoutException e) {
      throw new AssertionError(
          "led in %s of %s terms, and met %s of %s"
              .formatted(tenureCount(), awaitedTenures, counts(), awaited),
          e);
    } finally {
      threads.shutdownNow();
    }
  }

  /**
   * Ends the weather, then all leases, and looks at what is left after each, and whether the log
   * has what was acknowledged. The tids in log order.
   */
  List<Tid> settle() throws InterruptedException {
    log.calm();
    List<Tid> tids = List.copyOf(log.stop());
    for (ExecutorService threads : List.of(copies, serviceThreads)) {
      threads.shutdown();
      if (!threads.awaitTermination(60, TimeUnit.SECONDS)) {
        violation("a task of the service does not end");
      }
    }
    Tenure present = presentTenure();
    int sessions = present == null ? 0 : present.sessionCount() + present.keptCount();
    if (timer.pending() != sessions) {
      violation(
          "%s time-outs and leases for %s sessions and kept locks"
              .formatted(timer.pending(), sessions));
    }
    tenures.stream().filter(tenure -> tenure != present).forEach(this::requireEmpty);
    timer.advance(LIMITS.voteLease());
    tenures.forEach(this::requireEmpty);
    outcomes.forEach(
        (id, outcome) -> {
          Tid appended = log.appended(id);
          boolean asAnswered =
              outcome instanceof Committed committed
                  ? committed.tid().equals(appended)
                  : appended == null;
          if (!asAnswered) {
            violation(
                "%s was answered %s, and in the log it has %s".formatted(id, outcome, appended));
          }
        });
    return tids;
  }

  private void requireEmpty(Tenure tenure) {
    OidLocks locks = tenure.locks();
    if (tenure.openCount() + tenure.sessionCount() + locks.lineCount() + locks.waiterCount() > 0) {
      violation(
          "left of term %s: %s transactions, %s sessions, %s locked objects, %s waiters"
              .formatted(
                  tenure.term(),
                  tenure.openCount(),
                  tenure.sessionCount(),
                  locks.lineCount(),
                  locks.waiterCount()));
    }
  }

  boolean hasSeenAll() {
    return tenureCount() >= awaitedTenures && counts.keySet().containsAll(awaited);
  }

  StressCalls begin(TransactionRequest request) {
    return new StressCalls(this, request, new Tid(newestAcknowledged.get()));
  }

  <T> CompletableFuture<T> counted(CompletableFuture<T> call) {
    calls.incrementAndGet();
    return call.whenComplete((answer, failure) -> answers.incrementAndGet());
  }

  /** An outcome was answered: it must be the one that all others hear of the same transaction. */
  void learn(TransactionId id, TransactionOutcome outcome) {
    TransactionOutcome before = outcomes.putIfAbsent(id, outcome);
    boolean committed = outcome instanceof Committed;
    if (before != null && (committed || before instanceof Committed) && !before.equals(outcome)) {
      violation("%s is %s, and then %s".formatted(id, before, outcome));
    }
    if (outcome instanceof Committed acknowledged) {
      newestAcknowledged.accumulateAndGet(acknowledged.tid().value(), Math::max);
    }
    count(outcome.getClass());
  }

  void failed(Throwable failure) {
    count(failure.getClass());
  }

  private void count(Class<?> what) {
    counts.computeIfAbsent(what.getSimpleName(), name -> new AtomicLong()).incrementAndGet();
  }

  void violation(String text) {
    violations.add(text);
  }

  void awaitLeader() throws InterruptedException {
    Leadership now = log.leadership();
    if (!now.self()) {
      long newerThan = now.isKnown() && !now.elected() ? now.term() : now.term() - 1;
      try {
        Leadership found = leaderWaits.find(newerThan, LEADER_WAIT).get(120, TimeUnit.SECONDS);
        count(found.getClass());
      } catch (ExecutionException | TimeoutException e) {
        violation("no answer to who leads: %s".formatted(e));
      }
    }
  }

  // What the clients need.

  StorageId storage() {
    return storage;
  }

  MemoryRevisionStore store() {
    return store;
  }

  ManualTimer timer() {
    return timer;
  }

  CommitSequencer sequencer() {
    return sequencer;
  }

  LockWitness witness() {
    return witness;
  }

  ExecutorService copies() {
    return copies;
  }

  boolean isCalm() {
    return calm;
  }

  long term() {
    return log.leadership().term();
  }

  // What the test asks.

  List<String> violations() {
    List<String> all = new ArrayList<>(violations);
    all.addAll(witness.violations());
    return all;
  }

  /** In how many terms the node led. */
  int tenureCount() {
    return tenures.size();
  }

  long unanswered() {
    return calls.get() - answers.get();
  }

  /** How often each outcome was answered, each failure met. */
  Map<String, Long> counts() {
    Map<String, Long> values = new TreeMap<>();
    counts.forEach((name, count) -> values.put(name, count.get()));
    return values;
  }

  @Override
  public void close() {
    log.close();
    sequencer.close();
    leaderWaits.close();
    copies.shutdownNow();
    serviceThreads.shutdownNow();
  }
}
