package io.troika.server.service.commit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.TransactionId;
import io.troika.server.service.commit.OidLocks.Ticket;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.refusals.NotLeaderException;
import io.troika.server.service.refusals.OverloadedException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class OidLocksTest {
  private static final StorageId STORAGE = new StorageId(1);

  private final OidLocks locks = new OidLocks(100);
  private long sequence;

  private TransactionId id() {
    return new TransactionId(new UUID(0, 0), sequence++);
  }

  private Ticket request(List<Long> exclusive, List<Long> shared) {
    return locks.request(
        id(),
        STORAGE,
        exclusive.stream().map(Oid::new).toList(),
        shared.stream().map(Oid::new).toList());
  }

  private static boolean holds(Ticket ticket) {
    return ticket.granted().isDone();
  }

  @Test
  void request_disjointOids_grantedAtOnce() {
    assertThat(holds(request(List.of(1L), List.of()))).isTrue();
    assertThat(holds(request(List.of(2L), List.of(3L)))).isTrue();
  }

  @Test
  void request_sharedWithShared_bothGranted() {
    assertThat(holds(request(List.of(), List.of(1L)))).isTrue();
    assertThat(holds(request(List.of(), List.of(1L)))).isTrue();
  }

  @Test
  void request_exclusiveBehindShared_waitsForAllOfThem() {
    Ticket first = request(List.of(), List.of(1L));
    Ticket second = request(List.of(), List.of(1L));
    Ticket writer = request(List.of(1L), List.of());

    locks.release(first);
    assertThat(holds(writer)).isFalse();
    locks.release(second);
    assertThat(holds(writer)).isTrue();
  }

  @Test
  void request_sharedBehindWaitingExclusive_doesNotOvertake() {
    Ticket reader = request(List.of(), List.of(1L));
    Ticket writer = request(List.of(1L), List.of());
    Ticket late = request(List.of(), List.of(1L));

    assertThat(holds(late)).isFalse();
    locks.release(reader);
    assertThat(holds(writer)).isTrue();
    assertThat(holds(late)).isFalse();
    locks.release(writer);
    assertThat(holds(late)).isTrue();
  }

  @Test
  void request_sameOidOfAnotherStorage_isAnotherLock() {
    request(List.of(1L), List.of());
    Ticket other = locks.request(id(), new StorageId(2), List.of(new Oid(1)), List.<Oid>of());
    assertThat(holds(other)).isTrue();
  }

  @Test
  void request_oidReadAndWritten_isExclusive() {
    request(List.of(1L), List.of(1L));
    assertThat(holds(request(List.of(), List.of(1L)))).isFalse();
  }

  @Test
  void giveUp_waiting_namesHolderAndLetsTheNextOnePass() {
    Ticket holder = request(List.of(1L), List.of());
    Ticket waiting = request(List.of(1L, 2L), List.of());
    Ticket behind = request(List.of(2L), List.of());
    assertThat(holds(behind)).isFalse();

    assertThat(locks.giveUp(waiting)).contains("oid 0x1").contains("/0");
    assertThat(holds(behind)).isTrue();
    locks.release(holder);
    assertThat(holds(waiting)).isFalse();
  }

  @Test
  void giveUp_granted_doesNothing() {
    Ticket holder = request(List.of(1L), List.of());
    assertThat(locks.giveUp(holder)).isNull();
    assertThat(holds(request(List.of(1L), List.of()))).isFalse();
  }

  @Test
  void request_tooManyWaiters_isRefusedAndLeavesNothing() {
    OidLocks one = new OidLocks(1);
    List<Oid> oid = List.of(new Oid(1));
    Ticket holder = one.request(id(), STORAGE, oid, List.of());
    Ticket waiting = one.request(id(), STORAGE, oid, List.of());
    assertThatThrownBy(() -> one.request(id(), STORAGE, oid, List.of()))
        .isInstanceOf(OverloadedException.class);

    one.release(holder);
    one.release(waiting);
    assertThat(one.lineCount()).isZero();
    assertThat(one.waiterCount()).isZero();
  }

  @Test
  void close_waiting_failsThemAndLaterOnes() {
    request(List.of(1L), List.of());
    Ticket waiting = request(List.of(1L), List.of());
    NotLeaderException reason = new NotLeaderException(new Leadership(2, "", "", false));

    locks.close(reason);

    assertThat(waiting.granted()).isCompletedExceptionally();
    assertThatThrownBy(() -> request(List.of(5L), List.of())).isSameAs(reason);
    locks.release(waiting);
  }

  /** No lock is lost, none is held twice, and all threads come to their end: no deadlock. */
  @Test
  @Timeout(300)
  void requests_manyThreads_areExclusiveAndEnd() throws Exception {
    int threads = 6;
    int oidCount = 8;
    OidLocks subject = new OidLocks(100);
    AtomicIntegerArray holders = new AtomicIntegerArray(oidCount);
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    CountDownLatch start = new CountDownLatch(1);
    List<Future<?>> runs = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      Random random = new Random(t);
      runs.add(
          pool.submit(
              () -> {
                start.await();
                for (int i = 0; i < 2_000; i++) {
                  Set<Integer> wanted = new HashSet<>();
                  for (int n = 0; n < 3; n++) {
                    wanted.add(random.nextInt(oidCount));
                  }
                  List<Oid> oids = wanted.stream().map(oid -> new Oid(oid)).toList();
                  Ticket ticket =
                      subject.request(
                          new TransactionId(new UUID(0, 0), i), STORAGE, oids, List.of());
                  ticket.granted().get(120, TimeUnit.SECONDS);
                  wanted.forEach(oid -> assertThat(holders.incrementAndGet(oid)).isEqualTo(1));
                  wanted.forEach(holders::decrementAndGet);
                  subject.release(ticket);
                }
                return null;
              }));
    }
    start.countDown();
    for (Future<?> run : runs) {
      run.get();
    }
    pool.shutdown();
    assertThat(subject.lineCount()).isZero();
    assertThat(subject.waiterCount()).isZero();
  }
}
