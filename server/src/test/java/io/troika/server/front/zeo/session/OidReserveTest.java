package io.troika.server.front.zeo.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.core.command.Outcome.OidsAllocated;
import io.troika.server.core.model.Oid;
import io.troika.server.front.zeo.session.OidReserve.Block;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class OidReserveTest {
  private static final int BLOCK = 100;

  private final Queue<CompletableFuture<OidsAllocated>> asked = new ArrayDeque<>();
  private final OidReserve reserve =
      new OidReserve(
          () -> {
            CompletableFuture<OidsAllocated> answer = new CompletableFuture<>();
            asked.add(answer);
            return answer;
          });
  private long next = 1_000;

  private void answer() {
    CompletableFuture<OidsAllocated> question = asked.remove();
    OidsAllocated block = new OidsAllocated(new Oid(next), BLOCK);
    next += BLOCK;
    question.complete(block);
  }

  @Test
  void take_nothingHere_waitsForABlock() {
    CompletableFuture<Block> taken = reserve.take(10);
    CompletableFuture<Block> other = reserve.take(10);
    assertThat(taken).isNotDone();
    assertThat(asked).as("one block for both").hasSize(1);
    answer();
    assertThat(List.of(taken.join(), other.join()))
        .containsExactlyInAnyOrder(new Block(new Oid(1_000), 10), new Block(new Oid(1_010), 10));
  }

  @Test
  void take_aQuarterIsLeft_fetchesTheNextBlockMeanwhile() {
    CompletableFuture<Block> first = reserve.take(74);
    answer();
    first.join();
    assertThat(asked).isEmpty();

    assertThat(reserve.take(1)).isCompletedWithValue(new Block(new Oid(1_074), 1));
    assertThat(asked).hasSize(1);
    assertThat(reserve.take(20)).isCompletedWithValue(new Block(new Oid(1_075), 20));
    assertThat(asked).as("already on its way").hasSize(1);
    answer();
    assertThat(reserve.take(20)).isCompletedWithValue(new Block(new Oid(1_095), 5));
    assertThat(reserve.take(20)).isCompletedWithValue(new Block(new Oid(1_100), 20));
    assertThat(asked).isEmpty();
  }

  @Test
  void take_firstBlockOfAStorage_isWithoutTheRoot() {
    next = 0;
    CompletableFuture<Block> taken = reserve.take(BLOCK);
    answer();
    assertThat(taken).isCompletedWithValue(new Block(new Oid(1), BLOCK - 1));
  }

  @Test
  void take_fetchFails_failsAndTheNextOneAsksAgain() {
    CompletableFuture<Block> taken = reserve.take(1);
    asked.remove().completeExceptionally(new IllegalStateException("no leader"));
    assertThatThrownBy(taken::join).hasRootCauseMessage("no leader");

    CompletableFuture<Block> again = reserve.take(1);
    answer();
    assertThat(again).isCompletedWithValue(new Block(new Oid(1_000), 1));
  }

  @Test
  void drop_whileABlockIsOnItsWay_itIsNeverUsed() {
    CompletableFuture<Block> taken = reserve.take(1);
    reserve.drop();
    answer();
    assertThat(taken).isNotDone();
    answer();
    assertThat(taken).isCompletedWithValue(new Block(new Oid(1_100), 1));
  }

  @Test
  void take_byManyThreads_givesNoOidTwice() throws Exception {
    AtomicLong allocated = new AtomicLong(1);
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      OidReserve shared =
          new OidReserve(
              () ->
                  CompletableFuture.supplyAsync(
                      () -> new OidsAllocated(new Oid(allocated.getAndAdd(BLOCK)), BLOCK),
                      threads));
      List<Future<List<Oid>>> takers = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        takers.add(threads.submit(takes(shared, 2_000, 7)));
      }
      Set<Oid> all = new HashSet<>();
      int count = 0;
      for (Future<List<Oid>> taker : takers) {
        count += taker.get().size();
        all.addAll(taker.get());
      }
      assertThat(all).hasSize(count);
      assertThat(allocated.get()).as("what is fetched is used").isLessThan(count + 4L * BLOCK);
    } finally {
      threads.shutdownNow();
    }
  }

  private static Callable<List<Oid>> takes(OidReserve reserve, int times, int countMax) {
    return () -> {
      List<Oid> oids = new ArrayList<>();
      for (int i = 0; i < times; i++) {
        Block block = reserve.take(countMax).get();
        for (long index = 0; index < block.count(); index++) {
          oids.add(block.oid(index));
        }
      }
      return oids;
    };
  }
}
