package io.troika.it.workload;

import io.troika.client.Bytes;
import io.troika.client.Oid;
import io.troika.client.Tid;
import io.troika.client.TransactionQuery;
import io.troika.client.TransactionRecord;
import io.troika.client.TroikaClient;
import io.troika.it.cluster.PatientClient;
import io.troika.it.history.Attempt;
import io.troika.it.history.Attempt.Acknowledged;
import io.troika.it.history.LoggedTransaction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Clients in a closed loop of small transactions on a few hot objects. */
public final class RecordedWorkload implements AutoCloseable {
  private static final long STOP_SECONDS_MAX = 180;

  /** More than the client's own 10 s: a machine on which all takes longer loses no call either. */
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(30);

  private final List<TroikaClient> clients = new ArrayList<>();
  private final List<Future<?>> loops = new ArrayList<>();
  private final Journal journal = new Journal();
  private final ExecutorService threads;
  private volatile boolean stopping;

  private RecordedWorkload(int clientCount) {
    this.threads = Executors.newFixedThreadPool(clientCount);
  }

  /** Starts {@code clientCount} clients, each with connections and a cache of its own. */
  public static RecordedWorkload start(String endpoints, int clientCount, long seed) {
    return start(
        () -> PatientClient.builder(endpoints).callTimeout(CALL_TIMEOUT).build(),
        clientCount,
        seed);
  }

  /** The same with clients that are made otherwise. */
  public static RecordedWorkload start(Supplier<TroikaClient> clients, int clientCount, long seed) {
    RecordedWorkload workload = new RecordedWorkload(clientCount);
    for (int i = 0; i < clientCount; i++) {
      TroikaClient client = clients.get();
      workload.clients.add(client);
      RecordedClient loop =
          new RecordedClient(
              "client-" + i, client.store("main"), new Random(seed * 1_000 + i), workload.journal);
      workload.loops.add(workload.threads.submit(() -> workload.run(loop)));
    }
    return workload;
  }

  private void run(RecordedClient client) {
    for (int number = 0; !stopping; number++) {
      client.attempt(number);
    }
  }

  /** Commits acknowledged up to now. */
  public long acknowledged() {
    return journal.acknowledgedNanos.size();
  }

  /** What clients have seen up to now. */
  public List<Attempt> attempts() {
    return List.copyOf(journal.attempts);
  }

  /** Calls that ended otherwise than with an answer; a conflict is an answer. */
  public List<String> failures() {
    return List.copyOf(journal.failures);
  }

  /**
   * The longest time without an acknowledged commit between {@code fromNanos} and the last
   * acknowledgement before {@code untilNanos}.
   */
  public Duration longestGap(long fromNanos, long untilNanos) {
    long previous = fromNanos;
    long longest = 0;
    for (long next : journal.acknowledgedNanos.subSet(fromNanos, untilNanos)) {
      longest = Math.max(longest, next - previous);
      previous = next;
    }
    return Duration.ofNanos(longest);
  }

  /**
   * Waits until {@code more} commits were acknowledged after {@code fromNanos}.
   *
   * @return whether they were in time
   */
  public boolean awaitProgress(long fromNanos, int more, Duration timeout)
      throws InterruptedException {
    long end = System.nanoTime() + timeout.toNanos();
    while (journal.acknowledgedNanos.tailSet(fromNanos).stream().limit(more).count() < more) {
      if (System.nanoTime() > end) {
        return false;
      }
      TimeUnit.MILLISECONDS.sleep(5); // a poll, bounded by the timeout
    }
    return true;
  }

  /** Ends the clients after the transaction that each is in, and answers what they saw. */
  public List<Attempt> stop() throws Exception {
    stopping = true;
    for (Future<?> loop : loops) {
      loop.get(STOP_SECONDS_MAX, TimeUnit.SECONDS);
    }
    return List.copyOf(journal.attempts);
  }

  /** The cluster's own account, read through a client that has seen nothing of it. */
  public static List<LoggedTransaction> readLog(String endpoints) {
    try (TroikaClient client = PatientClient.connect(endpoints)) {
      return readLog(client);
    }
  }

  /** The same through a client that exists. */
  public static List<LoggedTransaction> readLog(TroikaClient client) {
    TransactionQuery all = TransactionQuery.after(Tid.NONE).withObjects();
    try (Stream<TransactionRecord> log = client.store("main").transactions(all)) {
      return log.map(RecordedWorkload::logged).toList();
    }
  }

  private static LoggedTransaction logged(TransactionRecord record) {
    boolean ours = record.metadata().user().equals(Bytes.utf8(RecordedClient.USER));
    return new LoggedTransaction(
        ours ? record.metadata().description().toUtf8() : "",
        record.tid().value(),
        record.oids().stream().map(Oid::value).collect(Collectors.toSet()));
  }

  @Override
  public void close() {
    stopping = true;
    threads.shutdownNow();
    clients.forEach(TroikaClient::close);
  }

  /** What all clients wrote down. Safe for any thread. */
  static final class Journal {
    private final Queue<Attempt> attempts = new ConcurrentLinkedQueue<>();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final NavigableSet<Long> acknowledgedNanos = new ConcurrentSkipListSet<>();

    void add(Attempt attempt) {
      attempts.add(attempt);
      acknowledgement(attempt).ifPresent(acknowledgedNanos::add);
    }

    void failed(String what) {
      failures.add(what);
    }

    private static Optional<Long> acknowledgement(Attempt attempt) {
      return attempt.result() instanceof Acknowledged acknowledged
          ? Optional.of(acknowledged.nanos())
          : Optional.empty();
    }
  }
}
