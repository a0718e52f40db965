package io.troika.it.history;

import io.troika.it.history.Attempt.Acknowledged;
import io.troika.it.history.Attempt.Freshness;
import io.troika.it.history.Attempt.NotCommitted;
import io.troika.it.history.Attempt.ReadOnly;
import io.troika.it.history.Attempt.Result;
import io.troika.it.history.Attempt.Unknown;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * A correct store in a few lines and some clients that run on it, step by step from one seed; with
 * a {@link Bug} planted it breaks one promise. It shows that the checker catches what it is for.
 */
final class SimulatedHistory {
  /** A defect like those that systems have shipped with. */
  enum Bug {
    NONE,
    ACKNOWLEDGE_BEFORE_COMMIT,
    APPLY_TWICE_ON_RETRY,
    REPORT_CONFLICT_BUT_COMMIT,
    SKIP_WRITE_CHECK,
    SKIP_READ_CURRENT_CHECK,
    READ_BEYOND_VIEW,
    READ_STALE_CACHE,
    STALE_BEGIN,
    SESSION_GOES_BACK,
    TID_FROM_CLOCK_ALONE
  }

  private static final int OBJECTS = 6;
  private static final int CLIENTS = 4;
  private static final int STEPS = 600;
  private static final double BUG_RATE = 0.1;

  private final Random random;
  private final Bug bug;
  private final List<Attempt> attempts = new ArrayList<>();
  private final List<LoggedTransaction> log = new ArrayList<>();
  private final Map<Long, List<Long>> revisions = new HashMap<>();
  private final Map<String, Open> open = new HashMap<>();
  private final Map<String, Long> seen = new HashMap<>();
  private long lastTid;
  private long nanos;
  private int nextId;

  private SimulatedHistory(long seed, Bug bug) {
    this.random = new Random(seed);
    this.bug = bug;
  }

  record Recorded(List<Attempt> attempts, List<LoggedTransaction> log) {}

  static Recorded run(long seed, Bug bug) {
    SimulatedHistory history = new SimulatedHistory(seed, bug);
    for (int step = 0; step < STEPS; step++) {
      history.step("client-" + history.random.nextInt(CLIENTS));
    }
    return new Recorded(history.attempts, history.log);
  }

  private void step(String client) {
    nanos++;
    Open transaction = open.get(client);
    if (transaction == null) {
      open.put(client, begin(client));
    } else if (transaction.reads.size() < 2) {
      read(transaction);
    } else {
      open.remove(client);
      finish(client, transaction);
    }
  }

  private Open begin(String client) {
    Freshness freshness = random.nextBoolean() ? Freshness.LINEARIZABLE : Freshness.SESSION;
    long floor = seen.getOrDefault(client, 0L);
    long tid =
        freshness == Freshness.LINEARIZABLE
            ? lastTid
            : floor + (long) (random.nextDouble() * (lastTid - floor + 1));
    if (strikes(Bug.STALE_BEGIN) && freshness == Freshness.LINEARIZABLE) {
      tid = Math.max(floor, lastTid - 1);
    }
    if (strikes(Bug.SESSION_GOES_BACK) && freshness == Freshness.SESSION) {
      tid = Math.max(0, floor - 1);
    }
    seen.merge(client, tid, Math::max);
    return new Open("t" + nextId++, freshness, nanos, tid);
  }

  private void read(Open transaction) {
    long oid = random.nextInt(OBJECTS);
    long tid = newestUpTo(oid, transaction.readTid);
    if (strikes(Bug.READ_BEYOND_VIEW)) {
      tid = newestUpTo(oid, Long.MAX_VALUE);
    } else if (strikes(Bug.READ_STALE_CACHE)) {
      tid = newestUpTo(oid, tid - 1);
    }
    transaction.reads.put(oid, tid);
  }

  private void finish(String client, Open transaction) {
    List<Long> oids = new ArrayList<>(transaction.reads.keySet());
    int kind = random.nextInt(4);
    if (kind == 0) {
      record(client, transaction, Map.of(), Map.of(), Long.MAX_VALUE, new ReadOnly());
      return;
    }
    Map<Long, Long> writes = Map.of(oids.get(0), transaction.reads.get(oids.get(0)));
    Map<Long, Long> checks =
        oids.size() > 1 ? Map.of(oids.get(1), transaction.reads.get(oids.get(1))) : Map.of();
    long called = nanos++;
    boolean conflict =
        (changed(writes) && !strikes(Bug.SKIP_WRITE_CHECK))
            || (changed(checks) && !strikes(Bug.SKIP_READ_CURRENT_CHECK));
    record(client, transaction, writes, checks, called, commit(transaction, writes, conflict));
  }

  private Result commit(Open transaction, Map<Long, Long> writes, boolean conflict) {
    if (conflict) {
      if (strikes(Bug.REPORT_CONFLICT_BUT_COMMIT)) {
        append(transaction.id, writes.keySet());
      }
      return new NotCommitted();
    }
    if (strikes(Bug.ACKNOWLEDGE_BEFORE_COMMIT)) {
      return new Acknowledged(lastTid + 1, ++nanos);
    }
    if (random.nextInt(10) == 0) {
      if (random.nextBoolean()) {
        append(transaction.id, writes.keySet());
      }
      return new Unknown();
    }
    long tid = append(transaction.id, writes.keySet());
    if (strikes(Bug.APPLY_TWICE_ON_RETRY)) {
      append(transaction.id, writes.keySet());
    }
    return new Acknowledged(tid, ++nanos);
  }

  private long append(String id, Set<Long> oids) {
    long tid = strikes(Bug.TID_FROM_CLOCK_ALONE) ? Math.max(1, lastTid - 1) : lastTid + 1;
    lastTid = Math.max(lastTid, tid);
    log.add(new LoggedTransaction(id, tid, new HashSet<>(oids)));
    for (Long oid : oids) {
      revisions.computeIfAbsent(oid, unused -> new ArrayList<>()).add(tid);
    }
    return tid;
  }

  private void record(
      String client,
      Open transaction,
      Map<Long, Long> writes,
      Map<Long, Long> checks,
      long called,
      Result result) {
    if (result instanceof Acknowledged acknowledged) {
      seen.merge(client, acknowledged.tid(), Math::max);
    }
    attempts.add(
        new Attempt(
            transaction.id,
            client,
            transaction.freshness,
            transaction.beganNanos,
            transaction.readTid,
            transaction.reads,
            checks,
            writes,
            called,
            result));
  }

  private boolean changed(Map<Long, Long> serials) {
    return serials.entrySet().stream()
        .anyMatch(entry -> newestUpTo(entry.getKey(), Long.MAX_VALUE) != entry.getValue());
  }

  private long newestUpTo(long oid, long tid) {
    return revisions.getOrDefault(oid, List.of()).stream()
        .filter(each -> each <= tid)
        .mapToLong(Long::longValue)
        .max()
        .orElse(0);
  }

  private boolean strikes(Bug candidate) {
    return bug == candidate && random.nextDouble() < BUG_RATE;
  }

  private static final class Open {
    final String id;
    final Freshness freshness;
    final long beganNanos;
    final long readTid;
    final Map<Long, Long> reads = new java.util.LinkedHashMap<>();

    Open(String id, Freshness freshness, long beganNanos, long readTid) {
      this.id = id;
      this.freshness = freshness;
      this.beganNanos = beganNanos;
      this.readTid = readTid;
    }
  }
}
