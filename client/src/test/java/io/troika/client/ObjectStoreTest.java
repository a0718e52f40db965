package io.troika.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.client.fake.FakeCluster;
import io.troika.client.fake.Fault;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What one storage offers beside the common case. */
final class ObjectStoreTest {
  private final RecordingListener listener = new RecordingListener();
  private FakeCluster cluster;
  private TroikaClient client;
  private ObjectStore store;

  @BeforeEach
  void start() throws IOException {
    cluster = new FakeCluster(3);
    client =
        TroikaClient.builder()
            .endpoints(cluster.endpoints())
            .callTimeout(Duration.ofSeconds(60))
            .tryTimeout(Duration.ofMillis(500))
            .listener(listener)
            .build();
    store = client.store("main");
  }

  @AfterEach
  void stop() {
    client.close();
    cluster.close();
    assertThat(listener.open).isEmpty();
  }

  private String read(Oid oid) {
    return store.run(tx -> tx.read(oid, Codec.UTF8));
  }

  private Oid create(String text) {
    return store.run(tx -> tx.create(text, Codec.UTF8));
  }

  private Tid write(Oid oid, String text) {
    return store.execute(tx -> tx.write(oid, text, Codec.UTF8));
  }

  // Codecs.

  private record Point(int x, int y) {
    static final Codec<Point> CODEC =
        Codec.of(
            point -> Bytes.wrap(ByteBuffer.allocate(8).putInt(point.x).putInt(point.y).array()),
            bytes -> {
              ByteBuffer buffer = bytes.asByteBuffer();
              return new Point(buffer.getInt(), buffer.getInt());
            });
  }

  @Test
  void codec_ofAType_writesAndReadsItsValues() {
    Oid oid = store.run(tx -> tx.create(new Point(1, 2), Point.CODEC));
    store.run(tx -> tx.write(oid, new Point(tx.read(oid, Point.CODEC).x(), 9), Point.CODEC));
    try (ReadView view = store.view()) {
      assertThat(view.read(oid, Point.CODEC)).isEqualTo(new Point(1, 9));
    }
  }

  @Test
  void codec_throws_passesUnchangedAndAborts() {
    Oid oid = create("abc");
    assertThatThrownBy(
            () ->
                store.run(
                    tx -> {
                      tx.write(oid, "changed", Codec.UTF8);
                      return tx.read(create("x"), Point.CODEC);
                    }))
        .isInstanceOf(java.nio.BufferUnderflowException.class);
    assertThat(read(oid)).isEqualTo("abc");
  }

  // Undo.

  @Test
  void undo_unchangedSince_bringsTheDataBack() {
    Oid oid = create("a");
    Tid changed = write(oid, "b");
    Tid undone = store.execute(tx -> tx.undo(changed));
    assertThat(read(oid)).isEqualTo("a");
    assertThat(undone).isGreaterThan(changed);
  }

  @Test
  void undo_changedSince_isBlockedAndNotRunAgain() {
    Oid oid = create("a");
    Tid changed = write(oid, "b");
    Tid newest = write(oid, "c");
    assertThatThrownBy(() -> store.execute(tx -> tx.undo(changed)))
        .isInstanceOfSatisfying(
            UndoConflictException.class,
            e -> {
              assertThat(e.family()).isEqualTo(ErrorFamily.CONFLICT);
              assertThat(e.obstacles())
                  .containsExactly(new UndoObstacle(Optional.empty(), oid, changed, newest));
            });
    assertThat(listener.runsRepeated).hasValue(0);
  }

  @Test
  void undo_unknownTransaction_saysSo() {
    assertThatThrownBy(() -> store.execute(tx -> tx.undo(new Tid(7))))
        .isInstanceOf(UnknownTransactionException.class);
  }

  // Restore.

  private static RestoredTransaction restored(long tid, RestoredTransaction.Change... changes) {
    return new RestoredTransaction(
        new Tid(tid),
        RestoredTransaction.STATUS_NORMAL,
        TransactionMetadata.of("import", "from elsewhere"),
        List.of(changes));
  }

  @Test
  void restore_transactions_keepTheirTidsAndData() {
    Oid oid = new Oid(5);
    store.restore(
        List.of(
            restored(2_000, new RestoredTransaction.Written(oid, Bytes.utf8("a"))),
            restored(2_001, new RestoredTransaction.Written(oid, Bytes.utf8("b")))));
    store.restore(restored(2_002, new RestoredTransaction.Shared(oid, new Tid(2_000))));
    store.restoreAsync(List.of(restored(2_003, new RestoredTransaction.Removed(oid)))).join();

    assertThat(store.history(oid, 10))
        .extracting(HistoryEntry::tid)
        .containsExactly(new Tid(2_003), new Tid(2_002), new Tid(2_001), new Tid(2_000));
    assertThat(readAt(oid, 2_001)).hasValue("b");
    assertThat(readAt(oid, 2_002)).hasValue("a");
    assertThat(readAt(oid, 2_003)).isEmpty();
    assertThat(store.transactions(TransactionQuery.after(new Tid(2_002))).toList())
        .singleElement()
        .satisfies(
            record ->
                assertThat(record.metadata().description().toUtf8()).isEqualTo("from elsewhere"));
  }

  private Optional<String> readAt(Oid oid, long tid) {
    try (ReadView view = store.viewAt(new Tid(tid))) {
      return view.find(oid).map(revision -> revision.data().toUtf8());
    }
  }

  @Test
  void restore_answerLost_isRestoredOnce() {
    cluster.failNext("Restore", new Fault.AnswerLost());
    Tid tid =
        store.restore(
            restored(2_000, new RestoredTransaction.Written(new Oid(5), Bytes.utf8("a"))));
    assertThat(tid).isEqualTo(new Tid(2_000));
    assertThat(cluster.storage().transactionCount()).isEqualTo(1);
    assertThat(cluster.calls("Restore")).isEqualTo(2);
  }

  @Test
  void restore_olderThanTheLast_saysSo() {
    create("x");
    long last = cluster.storage().lastTid();
    assertThatThrownBy(() -> store.restore(restored(last)))
        .isInstanceOf(TidNotGreaterException.class);
  }

  // History.

  @Test
  void history_ofAnObject_newestFirst() {
    Oid oid = create("a");
    Tid second = write(oid, "b");
    Tid third = store.execute(tx -> tx.delete(oid));
    assertThat(store.history(oid, 2)).extracting(HistoryEntry::tid).containsExactly(third, second);
    assertThat(store.history(oid, 2).get(0).absent()).isTrue();
    assertThatThrownBy(() -> store.history(new Oid(99), 1))
        .isInstanceOf(UnknownObjectException.class);
    assertThatThrownBy(() -> store.history(oid, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("limit 0: expected 1 to 1000");
  }

  @Test
  void changes_ofATransaction_haveItsData() {
    Oid first = create("a");
    Tid tid =
        store.execute(
            tx -> {
              tx.delete(first);
              tx.createAt(new Oid(70), Bytes.utf8("z"));
            });
    assertThat(store.changes(tid))
        .extracting(RecordedChange::oid, RecordedChange::data)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(first, Optional.empty()),
            org.assertj.core.groups.Tuple.tuple(new Oid(70), Optional.of(Bytes.utf8("z"))));
    assertThat(store.changesAsync(tid)).succeedsWithin(Duration.ofSeconds(60));
  }

  @Test
  void loadSerial_exactRevision_orNone() {
    Oid oid = create("a");
    Tid first = new Tid(cluster.storage().lastTid());
    write(oid, "b");
    assertThat(store.loadSerial(oid, first))
        .hasValueSatisfying(found -> assertThat(found.data().toUtf8()).isEqualTo("a"));
    assertThat(store.loadSerial(oid, new Tid(first.value() - 1))).isEmpty();
  }

  // runAsync.

  @Test
  void runAsync_function_isCommitted() {
    Oid oid =
        store
            .runAsync(tx -> tx.createAsync(Bytes.utf8("a")))
            .thenCompose(
                created ->
                    store.runAsync(
                        tx ->
                            tx.readAsync(created)
                                .thenApply(
                                    data -> tx.write(created, data.toUtf8() + "b", Codec.UTF8))))
            .orTimeout(60, java.util.concurrent.TimeUnit.SECONDS)
            .join();
    assertThat(read(oid)).isEqualTo("ab");
  }

  @Test
  void runAsync_conflicts_runsAgainUntilItIsFirst() {
    Oid oid = create("0");
    AtomicInteger runs = new AtomicInteger();
    CompletableFuture<Oid> run =
        store.runAsync(
            tx ->
                tx.readAsync(oid)
                    .thenApply(
                        data -> {
                          if (runs.incrementAndGet() <= 3) {
                            write(oid, "by another " + runs);
                          }
                          return tx.write(oid, data.toUtf8() + "!", Codec.UTF8);
                        }));
    assertThat(run).succeedsWithin(Duration.ofSeconds(60));
    assertThat(read(oid)).isEqualTo("by another 3!");
    assertThat(runs).hasValue(4);
    assertThat(listener.runsRepeated).hasValue(3);
  }

  @Test
  void runAsync_functionFails_passesUnchangedAndNothingIsCommitted() {
    IllegalStateException mine = new IllegalStateException("mine");
    int before = cluster.storage().transactionCount();
    CompletableFuture<Oid> thrown =
        store.runAsync(
            tx -> {
              tx.createAt(Oid.ROOT, Bytes.EMPTY);
              throw mine;
            });
    CompletableFuture<Oid> failed =
        store.runAsync(
            tx -> {
              tx.createAt(Oid.ROOT, Bytes.EMPTY);
              return CompletableFuture.failedFuture(mine);
            });
    for (CompletableFuture<Oid> run : List.of(thrown, failed)) {
      assertThat(run)
          .failsWithin(Duration.ofSeconds(60))
          .withThrowableThat()
          .satisfies(e -> assertThat(e.getCause()).isSameAs(mine));
    }
    assertThat(cluster.storage().transactionCount()).isEqualTo(before);
  }

  // Time for conflicts to end.

  @Test
  void run_conflictsTillTheEnd_throwsTheLastWithTheEarlierOnes() {
    client.close();
    client =
        TroikaClient.builder()
            .endpoints(cluster.endpoints())
            .runTimeout(Duration.ofSeconds(3))
            .listener(listener)
            .build();
    store = client.store("main");
    Oid oid = create("0");
    assertThatThrownBy(
            () ->
                store.run(
                    tx -> {
                      tx.read(oid);
                      try (Transaction other = store.begin()) {
                        other.write(oid, "theirs", Codec.UTF8);
                        other.commit();
                      }
                      return tx.write(oid, "mine", Codec.UTF8);
                    }))
        .isInstanceOf(ConflictException.class)
        .satisfies(e -> assertThat(e.getSuppressed()).isNotEmpty());
    assertThat(read(oid)).isEqualTo("theirs");
  }

  // Cache policy.

  @Test
  void cachePurge_termChanges_everythingIsDropped() {
    client.close();
    client =
        TroikaClient.builder()
            .endpoints(cluster.endpoints())
            .cachePolicy(CachePolicy.PURGE)
            .listener(listener)
            .build();
    store = client.store("main");
    Oid oid = create("a");
    assertThat(read(oid)).isEqualTo("a");
    org.awaitility.Awaitility.await()
        .until(() -> store.cacheStatistics().verifiedTid().value() == cluster.storage().lastTid());
    assertThat(store.cacheStatistics().objects()).isEqualTo(1);

    cluster.elect(1);

    org.awaitility.Awaitility.await().until(() -> store.cacheStatistics().objects() == 0);
    assertThat(read(oid)).isEqualTo("a");
  }
}
