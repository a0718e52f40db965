package io.troika.it.history;

import io.troika.it.history.Attempt.Acknowledged;
import io.troika.it.history.Attempt.Freshness;
import io.troika.it.history.Attempt.NotCommitted;
import io.troika.it.history.Violation.Promise;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Holds a history against the promises of snapshot isolation with readCurrent, linearizable begins
 * and exactly-once commits. Every check is exact: the log in tid order says what each read must
 * have seen. O(n log n).
 */
public final class HistoryChecker {
  private final List<Attempt> attempts;
  private final List<LoggedTransaction> log;
  private final Map<Long, NavigableSet<Long>> tidsByOid = new HashMap<>();
  private final Map<String, LoggedTransaction> loggedById = new HashMap<>();
  private final List<Violation> violations = new ArrayList<>();

  private HistoryChecker(List<Attempt> attempts, List<LoggedTransaction> log) {
    this.attempts = attempts;
    this.log = log;
  }

  /**
   * Checks everything.
   *
   * @param attempts in any order
   * @param log all transactions of the storage, in the order in which the cluster listed them
   * @return what is broken, empty if nothing is
   */
  public static List<Violation> check(List<Attempt> attempts, List<LoggedTransaction> log) {
    HistoryChecker checker = new HistoryChecker(attempts, log);
    checker.readLog();
    checker.attempts.forEach(checker::checkOutcome);
    checker.attempts.forEach(checker::checkReads);
    checker.attempts.forEach(checker::checkIsolation);
    checker.checkRealTime();
    checker.checkSessions();
    return List.copyOf(checker.violations);
  }

  private void readLog() {
    long previous = 0;
    for (LoggedTransaction transaction : log) {
      if (transaction.tid() <= previous) {
        report(Promise.TIDS_INCREASE, "tid %x follows %x", transaction.tid(), previous);
      }
      previous = transaction.tid();
      for (Long oid : transaction.oids()) {
        tidsByOid.computeIfAbsent(oid, unused -> new TreeSet<>()).add(transaction.tid());
      }
      if (!transaction.id().isEmpty()) {
        LoggedTransaction earlier = loggedById.putIfAbsent(transaction.id(), transaction);
        if (earlier != null) {
          report(
              Promise.ONCE,
              "transaction %s is at %x and again at %x",
              transaction.id(),
              earlier.tid(),
              transaction.tid());
        }
      }
    }
  }

  private void checkOutcome(Attempt attempt) {
    LoggedTransaction logged = loggedById.get(attempt.id());
    if (attempt.result() instanceof Acknowledged acknowledged) {
      if (logged == null || logged.tid() != acknowledged.tid()) {
        report(
            Promise.DURABLE,
            "transaction %s was acknowledged at %x, the log has it %s",
            attempt.id(),
            acknowledged.tid(),
            logged == null ? "nowhere" : "at %x".formatted(logged.tid()));
      }
    } else if (attempt.result() instanceof NotCommitted && logged != null) {
      report(
          Promise.NOTHING_HAPPENED,
          "transaction %s was reported as not committed but is at %x",
          attempt.id(),
          logged.tid());
    }
  }

  private void checkReads(Attempt attempt) {
    attempt
        .reads()
        .forEach(
            (oid, seen) -> {
              long expected = newestUpTo(oid, attempt.readTid());
              if (expected != seen) {
                report(
                    Promise.READ_VIEW,
                    "transaction %s read oid %x at tid %x: expected revision %x, found %x",
                    attempt.id(),
                    oid,
                    attempt.readTid(),
                    expected,
                    seen);
              }
            });
  }

  /** Only what is in the log can have violated anybody's isolation. */
  private void checkIsolation(Attempt attempt) {
    LoggedTransaction logged = loggedById.get(attempt.id());
    if (logged == null) {
      return;
    }
    attempt
        .writes()
        .forEach((oid, serial) -> unchanged(Promise.FIRST_COMMITTER_WINS, logged, oid, serial));
    attempt.checks().forEach((oid, serial) -> unchanged(Promise.READ_CURRENT, logged, oid, serial));
  }

  private void unchanged(Promise promise, LoggedTransaction logged, long oid, long serial) {
    Long between = tidsByOid.getOrDefault(oid, new TreeSet<>()).higher(serial);
    if (between != null && between < logged.tid()) {
      report(
          promise,
          "transaction %s committed at %x from serial %x of oid %x, which changed at %x",
          logged.id(),
          logged.tid(),
          serial,
          oid,
          between);
    }
  }

  private void checkRealTime() {
    NavigableMap<Long, Long> newestAcknowledged = acknowledgedByTime();
    for (Attempt attempt : attempts) {
      long before = acknowledgedBefore(newestAcknowledged, attempt.beganNanos());
      if (attempt.freshness() == Freshness.LINEARIZABLE && attempt.readTid() < before) {
        report(
            Promise.LINEARIZABLE_BEGIN,
            "transaction %s began at tid %x after %x had been acknowledged",
            attempt.id(),
            attempt.readTid(),
            before);
      }
      LoggedTransaction logged = loggedById.get(attempt.id());
      long beforeCommit = acknowledgedBefore(newestAcknowledged, attempt.commitCalledNanos());
      // An attempt's own acknowledgement comes after its own call, so it is never counted.
      if (logged != null
          && attempt.commitCalledNanos() != Long.MAX_VALUE
          && logged.tid() <= beforeCommit) {
        report(
            Promise.REAL_TIME_ORDER,
            "transaction %s got tid %x although %x had been acknowledged before its commit",
            attempt.id(),
            logged.tid(),
            beforeCommit);
      }
    }
  }

  /** For each moment of an acknowledgement, the newest tid acknowledged up to then. */
  private NavigableMap<Long, Long> acknowledgedByTime() {
    NavigableMap<Long, Long> newest = new TreeMap<>();
    for (Attempt attempt : attempts) {
      if (attempt.result() instanceof Acknowledged acknowledged) {
        newest.merge(acknowledged.nanos(), acknowledged.tid(), Math::max);
      }
    }
    long running = 0;
    for (Map.Entry<Long, Long> entry : newest.entrySet()) {
      running = Math.max(running, entry.getValue());
      entry.setValue(running);
    }
    return newest;
  }

  private static long acknowledgedBefore(NavigableMap<Long, Long> newest, long nanos) {
    Map.@Nullable Entry<Long, Long> entry = newest.lowerEntry(nanos);
    return entry == null ? 0 : entry.getValue();
  }

  private void checkSessions() {
    Map<String, List<Attempt>> byClient = new TreeMap<>();
    for (Attempt attempt : attempts) {
      byClient.computeIfAbsent(attempt.client(), unused -> new ArrayList<>()).add(attempt);
    }
    byClient.forEach((client, own) -> checkSession(client, own));
  }

  /** Attempts of one client do not overlap, so their order is that of their begins. */
  private void checkSession(String client, List<Attempt> own) {
    own.sort(Comparator.comparingLong(Attempt::beganNanos));
    long seen = 0;
    for (Attempt attempt : own) {
      if (attempt.readTid() < seen) {
        report(
            Promise.MONOTONIC_SESSION,
            "client %s began %s at tid %x after it had seen %x",
            client,
            attempt.id(),
            attempt.readTid(),
            seen);
      }
      seen = Math.max(seen, attempt.readTid());
      if (attempt.result() instanceof Acknowledged acknowledged) {
        seen = Math.max(seen, acknowledged.tid());
      }
    }
  }

  private long newestUpTo(long oid, long tid) {
    Long newest = tidsByOid.getOrDefault(oid, new TreeSet<>()).floor(tid);
    return newest == null ? 0 : newest;
  }

  private void report(Promise promise, String format, Object... values) {
    violations.add(new Violation(promise, String.format(java.util.Locale.ROOT, format, values)));
  }
}
