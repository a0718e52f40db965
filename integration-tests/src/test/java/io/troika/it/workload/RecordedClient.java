package io.troika.it.workload;

import io.troika.client.Bytes;
import io.troika.client.CommitOutcomeUnknownException;
import io.troika.client.ConflictException;
import io.troika.client.Freshness;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.Transaction;
import io.troika.client.TransactionOptions;
import io.troika.client.TroikaException;
import io.troika.it.history.Attempt;
import io.troika.it.history.Attempt.Acknowledged;
import io.troika.it.history.Attempt.NotCommitted;
import io.troika.it.history.Attempt.ReadOnly;
import io.troika.it.history.Attempt.Result;
import io.troika.it.history.Attempt.Unknown;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;

/**
 * One client of a {@link RecordedWorkload}: each transaction reads two objects, lists one of them
 * in readCurrent and writes the other, or only reads. It carries its name as its description, so
 * that it is found again in the cluster's log.
 */
final class RecordedClient {
  static final String USER = "workload";
  private static final int OBJECTS = 64;
  private static final long FIRST_OID = 1L << 40; // far above what the cluster hands out

  private final String name;
  private final ObjectStore store;
  private final Random random;
  private final RecordedWorkload.Journal journal;

  RecordedClient(String name, ObjectStore store, Random random, RecordedWorkload.Journal journal) {
    this.name = name;
    this.store = store;
    this.random = random;
    this.journal = journal;
  }

  /** Runs one transaction and records it. */
  void attempt(int number) {
    String id = name + "/" + number;
    Freshness freshness = random.nextInt(3) == 0 ? Freshness.SESSION : Freshness.LINEARIZABLE;
    long began = System.nanoTime();
    try (Transaction transaction =
        store.begin(TransactionOptions.describedAs(USER, id).withFreshness(freshness))) {
      Oid checked = randomOid();
      Oid written = randomOid();
      long checkedSerial = serial(transaction, checked);
      long writtenSerial = serial(transaction, written);
      Work work = new Work(new HashMap<>(), new HashMap<>(), new HashMap<>());
      work.reads.put(checked.value(), checkedSerial);
      work.reads.put(written.value(), writtenSerial);
      boolean readOnly = random.nextInt(4) == 0;
      if (!readOnly) {
        if (checkedSerial != 0 && !checked.equals(written)) {
          transaction.readCurrent(checked);
          work.checks.put(checked.value(), checkedSerial);
        }
        write(transaction, written, writtenSerial, id);
        work.writes.put(written.value(), writtenSerial);
      }
      long readTid = transaction.tid().value();
      long called = readOnly ? Long.MAX_VALUE : System.nanoTime();
      Result result = readOnly ? new ReadOnly() : commit(transaction);
      journal.add(
          new Attempt(
              id,
              name,
              freshness == Freshness.LINEARIZABLE
                  ? Attempt.Freshness.LINEARIZABLE
                  : Attempt.Freshness.SESSION,
              began,
              readTid,
              work.reads,
              work.checks,
              work.writes,
              called,
              result));
    } catch (TroikaException e) {
      // A begin or a read that found nobody in time: nothing was seen, nothing can have happened.
      journal.failed(id + ": " + e);
    }
  }

  private Oid randomOid() {
    return new Oid(FIRST_OID + random.nextInt(OBJECTS));
  }

  private static long serial(Transaction transaction, Oid oid) {
    return transaction.find(oid).map(revision -> revision.serial().value()).orElse(0L);
  }

  private static void write(Transaction transaction, Oid oid, long serial, String text) {
    if (serial == 0) {
      transaction.createAt(oid, Bytes.utf8(text));
    } else {
      transaction.write(oid, Bytes.utf8(text));
    }
  }

  private Result commit(Transaction transaction) {
    try {
      long tid = transaction.commit().value();
      return new Acknowledged(tid, System.nanoTime());
    } catch (ConflictException e) {
      return new NotCommitted();
    } catch (CommitOutcomeUnknownException e) {
      journal.failed("unknown outcome: " + e.getMessage());
      return new Unknown();
    } catch (TroikaException e) {
      journal.failed("commit: " + e);
      return new NotCommitted();
    }
  }

  /** What a transaction has done so far; oid to serial each. */
  private record Work(Map<Long, Long> reads, Map<Long, Long> checks, Map<Long, Long> writes) {}
}
