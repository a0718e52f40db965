package io.troika.server.service.commit;

import io.troika.server.core.command.Command.ReadCheck;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.service.commit.VoteAnswer.Voted;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * One client that begins, votes, finishes, aborts, leaves and sends again transactions on a few
 * objects that all clients fight for, one after the other.
 */
final class StressClient {
  static final int HOT_OBJECTS = 8;
  private static final int COLD_OBJECTS = 100;
  private static final int RESENDS_MAX = 4;
  private static final Duration PATIENCE = Duration.ofMillis(300);

  private final SequencerStress stress;
  private final Random random;
  private final UUID client;
  private long sequence;

  StressClient(SequencerStress stress, long seed, int number) {
    this.stress = stress;
    this.random = new Random(31 * seed + number);
    this.client = new UUID(7, number);
  }

  /** Runs so many transactions, and on until the stress has seen all that it is to see. */
  void run(int transactions) throws InterruptedException {
    for (int i = 0; i < transactions || !stress.hasSeenAll(); i++) {
      TransactionRequest request = request();
      StressCalls calls = stress.begin(request);
      int luck = random.nextInt(100);
      if (luck < 30) {
        commit(calls);
      } else if (luck < 40) {
        commitTwiceAtOnce(calls);
      } else if (luck < 45) {
        CompletableFuture<VoteAnswer> vote = calls.vote(PATIENCE);
        calls.abort(); // somewhere in between
        calls.await(vote);
      } else {
        voteAnd(calls);
      }
    }
  }

  private void commit(StressCalls calls) throws InterruptedException {
    TransactionOutcome outcome = calls.await(calls.commit(PATIENCE));
    for (int i = 0; i < RESENDS_MAX && outcome == null && calls.isUnknown(); i++) {
      stress.awaitLeader();
      outcome = calls.await(calls.commit(PATIENCE));
    }
    if (outcome == null) {
      stress.awaitLeader();
    }
  }

  /** Copies of one transaction, begun by two threads. */
  private void commitTwiceAtOnce(StressCalls calls) throws InterruptedException {
    CompletableFuture<TransactionOutcome> copy =
        CompletableFuture.completedFuture(PATIENCE)
            .thenComposeAsync(calls::commit, stress.copies());
    TransactionOutcome first = calls.await(calls.commit(PATIENCE));
    TransactionOutcome second = calls.await(copy);
    if (first == null || second == null) {
      commit(calls);
    }
  }

  private void voteAnd(StressCalls calls) throws InterruptedException {
    VoteAnswer answer = calls.await(calls.vote(PATIENCE));
    if (!(answer instanceof Voted voted)) {
      stress.awaitLeader();
      return;
    }
    int luck = random.nextInt(100);
    if (luck < 60) {
      if (calls.finish(voted) == null) {
        commit(calls);
      }
    } else if (luck < 75) {
      calls.abort();
      calls.finishAborted();
    } else if (luck < 85) {
      calls.await(calls.vote(PATIENCE));
      commit(calls);
    } else if (luck < 95) {
      commit(calls);
    } // else left to its lease, or to the end of the term
  }

  private TransactionRequest request() {
    StorageId storage = stress.storage();
    Map<Long, Boolean> oids = new TreeMap<>();
    for (int i = 0; i <= random.nextInt(3); i++) {
      oids.put((long) random.nextInt(HOT_OBJECTS), random.nextInt(3) == 0);
    }
    if (random.nextInt(20) == 0) { // so many that they are checked on the executor
      for (int i = 0; i < COLD_OBJECTS; i++) {
        oids.put((long) HOT_OBJECTS + i, random.nextInt(4) != 0);
      }
    }
    List<ReadCheck> reads = new ArrayList<>();
    List<Write> writes = new ArrayList<>();
    oids.forEach(
        (value, shared) -> {
          Oid oid = new Oid(value);
          Tid serial = serial(storage, oid);
          if (shared) {
            reads.add(new ReadCheck(oid, serial));
          } else {
            writes.add(new Write(oid, serial, Bytes.utf8("x")));
          }
        });
    TransactionId id = new TransactionId(client, ++sequence);
    return new TransactionRequest(
            id, storage, TransactionMetadata.EMPTY, reads, writes, List.of(), List.of())
        .with(nextTry());
  }

  /** Of votes that are refused, half keep their locks, and some of those come again. */
  private NextTry nextTry() {
    boolean again = sequence > 1 && random.nextInt(3) == 0;
    return new NextTry(
        random.nextBoolean(), again ? new TransactionId(client, sequence - 1) : null);
  }

  /** The newest one, or at times the one before. */
  private Tid serial(StorageId storage, Oid oid) {
    StoredRevision newest = stress.store().newestBefore(storage, oid, Tid.MAX);
    if (newest != null && random.nextInt(10) == 0) {
      newest = stress.store().newestBefore(storage, oid, newest.tid());
    }
    return newest == null ? Tid.NONE : newest.tid();
  }
}
