package io.troika.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.troika.api.v1.CommitRequest;
import io.troika.api.v1.ErrorDetail;
import io.troika.api.v1.TransactionId;
import io.troika.api.v1.Write;
import io.troika.client.fake.Errors;
import io.troika.client.fake.FakeCluster;
import io.troika.client.fake.FakeStorage;
import io.troika.client.fake.Fault;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The users' watches, and the cache that follows the same stream. */
final class WatchTest {
  private final RecordingListener listener = new RecordingListener();
  private final Told told = new Told();
  private FakeCluster cluster;
  private TroikaClient client;
  private TroikaClient other;
  private ObjectStore store;
  private ObjectStore others;

  private static final class Told implements WatchListener {
    final List<Tid> tids = new CopyOnWriteArrayList<>();
    final List<LeaderInfo> leaders = new CopyOnWriteArrayList<>();
    final List<Tid> gaps = new CopyOnWriteArrayList<>();

    @Override
    public void onCommitted(Tid tid, List<Oid> oids) {
      tids.add(tid);
    }

    @Override
    public void onLeader(LeaderInfo leader) {
      leaders.add(leader);
    }

    @Override
    public void onGap(Tid after, Tid upTo) {
      gaps.add(upTo);
    }
  }

  @BeforeEach
  void start() throws IOException {
    cluster = new FakeCluster(3);
    client =
        TroikaClient.builder()
            .endpoints(cluster.endpoints())
            // Loads are counted: none is made twice because the machine is slow.
            .hedgeDelay(Duration.ofMinutes(1))
            .listener(listener)
            .build();
    other = TroikaClient.connect(cluster.endpoints());
    store = client.store("main");
    others = other.store("main");
  }

  @AfterEach
  void stop() {
    client.close();
    other.close();
    cluster.close();
    assertThat(listener.open).isEmpty();
    assertThat(listener.unpaired).hasValue(0);
  }

  private Oid create(ObjectStore by) {
    return by.run(tx -> tx.create("0", Codec.UTF8));
  }

  private Tid write(ObjectStore by, Oid oid, String value) {
    return by.execute(tx -> tx.write(oid, value, Codec.UTF8));
  }

  private void awaitVerified(Tid tid) {
    await().until(() -> store.cacheStatistics().verifiedTid().compareTo(tid) >= 0);
  }

  @Test
  void watch_commitsOfOthers_areToldOnceInOrder() {
    Oid oid = create(others);
    Watch watch = store.watch(told);
    try (watch) {
      List<Tid> written = List.of(write(others, oid, "1"), write(others, oid, "2"));

      await().untilAsserted(() -> assertThat(told.tids).isEqualTo(written));
    }
  }

  @Test
  void watch_overItsRate_isOpenedAgainNotBeforeTheServerSaid() {
    awaitVerified(write(store, create(store), "1"));
    int before = cluster.calls("Watch");
    cluster.failNext("Watch", new Fault.Refusal(Errors.rateExceeded(Duration.ofMillis(600))));
    long start = System.nanoTime();

    cluster.node(0).loseWatchers();

    await().until(() -> cluster.calls("Watch") == before + 2);
    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .isGreaterThanOrEqualTo(Duration.ofMillis(600));
  }

  /**
   * Each view is of a commit that the watch tells a moment after the view has begun. Had the views
   * not waited for it, none could prove what is cached, and each would ask for it again. They wait
   * a few milliseconds only, which a busy machine may need for more than that: hence often enough,
   * not always.
   */
  @Test
  void view_aheadOfTheWatch_waitsAndReadsFromTheCache() {
    Oid still = create(others);
    Oid changing = create(others);
    try (ReadView view = store.view()) {
      assertThat(view.read(still, Codec.UTF8)).isEqualTo("0");
    }
    ScheduledExecutorService late = Executors.newSingleThreadScheduledExecutor();
    try {
      cluster
          .storage()
          .tellBy(
              task -> {
                int begun = cluster.calls("Begin");
                var unused = late.submit(() -> tellOnceBegun(late, task, begun));
              });
      int[] proven = {0};
      await()
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(1))
          .until(
              () -> {
                Tid written = write(others, changing, "1");
                long misses = store.cacheStatistics().misses();
                try (ReadView view = store.view()) {
                  assertThat(view.tid()).isGreaterThanOrEqualTo(written);
                  assertThat(view.read(still, Codec.UTF8)).isEqualTo("0");
                }
                return store.cacheStatistics().misses() == misses && ++proven[0] == 20;
              });
    } finally {
      late.shutdownNow();
    }
  }

  /** A moment after another call of Begin has arrived, so that it is answered. */
  private void tellOnceBegun(ScheduledExecutorService late, Runnable task, int begun) {
    await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .until(() -> cluster.calls("Begin") > begun);
    var unused = late.schedule(task, 2, TimeUnit.MILLISECONDS);
  }

  /** It is in the cache, so neither a node nor the watch has to tell of it. */
  @Test
  void sessionView_afterAnOwnCommit_readsItWithoutWaiting() {
    Oid oid = create(store);
    awaitVerified(write(store, oid, "0"));
    List<Runnable> untold = new CopyOnWriteArrayList<>();
    cluster.storage().tellBy(untold::add);
    int loads = cluster.calls("Load");
    List<Duration> took = new ArrayList<>();
    for (int i = 1; i <= 20; i++) {
      Tid written = write(store, oid, Integer.toString(i));
      long start = System.nanoTime();
      try (ReadView view = store.view(Freshness.SESSION)) {
        assertThat(view.tid()).isEqualTo(written);
        assertThat(view.read(oid, Codec.UTF8)).isEqualTo(Integer.toString(i));
      }
      took.add(Duration.ofNanos(System.nanoTime() - start));
    }
    untold.forEach(Runnable::run);

    assertThat(cluster.calls("Load")).isEqualTo(loads);
    assertThat(Collections.min(took)).isLessThan(Duration.ofMillis(5));
  }

  @Test
  void watch_streamsBreakAndLeadersChange_nothingIsMissedOrToldTwice() throws IOException {
    Oid oid = create(others);
    Watch watch = store.watch(told);
    try (watch) {
      List<Tid> written = new CopyOnWriteArrayList<>();
      written.add(write(others, oid, "1"));
      cluster.node(0).loseWatchers();
      written.add(write(others, oid, "2"));
      cluster.elect(1);
      written.add(write(others, oid, "3"));
      cluster.node(1).kill();
      cluster.elect(2);
      written.add(write(others, oid, "4"));

      await().untilAsserted(() -> assertThat(told.tids).isEqualTo(written));
      assertThat(told.gaps).isEmpty();
      await()
          .untilAsserted(
              () ->
                  assertThat(told.leaders)
                      .extracting(LeaderInfo::address)
                      .contains(cluster.node(2).address()));
    }
  }

  @Test
  void watch_historyReplaced_tellsAGap() {
    Oid oid = create(others);
    long old = cluster.storage().lastTid();
    Watch watch = store.watch(told);
    try (watch) {
      Tid lost = write(others, oid, "1");
      await().untilAsserted(() -> assertThat(told.tids).contains(lost));
      cluster.storage().restoreTo(old);
      cluster.node(0).loseWatchers();

      await().untilAsserted(() -> assertThat(told.gaps).containsExactly(new Tid(old)));
    }
  }

  /** The watch of the cache was there before, so this one has not seen it begin. */
  @Test
  void watch_ofAStreamThatRunsThenHistoryReplaced_tellsAGap() {
    Oid oid = create(others);
    long old = cluster.storage().lastTid();
    awaitVerified(write(store, oid, "1"));
    Watch watch = store.watch(told);
    try (watch) {
      cluster.storage().restoreTo(old);
      cluster.node(0).loseWatchers();

      await().untilAsserted(() -> assertThat(told.gaps).containsExactly(new Tid(old)));
    }
  }

  @Test
  void watch_cacheCantBeVerified_isOpenedAgainEverLater() {
    awaitVerified(write(store, create(store), "1"));
    for (int i = 0; i < 12; i++) {
      cluster.failNext(
          "InvalidationsSince",
          new Fault.Refusal(Errors.of(ErrorDetail.Code.INVALID_ARGUMENT, "not today")));
    }
    long start = System.nanoTime();

    cluster.node(0).loseWatchers();

    await().until(() -> cluster.calls("InvalidationsSince") == 13);
    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .isGreaterThanOrEqualTo(Duration.ofMillis(500));
  }

  @Test
  void cache_writtenAndUndoneInOneTransaction_isAsTheUndoLeftIt() {
    Oid oid = create(store);
    Tid written = write(store, oid, "1");

    Tid undone =
        store.execute(
            tx -> {
              tx.write(oid, "1", Codec.UTF8);
              tx.undo(written);
            });

    try (ReadView view = store.view()) {
      assertThat(view.tid()).isEqualTo(undone);
      assertThat(view.read(oid, Codec.UTF8)).isEqualTo("0");
    }
  }

  /** A client that only creates has asked no node for a view, and so heard of no history. */
  @Test
  void cache_writtenInAHistoryThatWasNotHeardOf_isNotOfTheNextOne() {
    long old = cluster.storage().lastTid();
    Oid lost = create(store);
    cluster.storage().restoreTo(old);
    create(others);

    try (ReadView view = store.view()) {
      assertThat(view.tid()).isEqualTo(new Tid(old + 1));
      assertThat(view.find(lost)).isEmpty();
    }
  }

  @Test
  void cache_readInAHistoryThatWasNotHeardOf_isNotOfTheNextOne() {
    long old = cluster.storage().lastTid();
    Oid lost = create(others);
    try (ReadView view = store.viewAt(new Tid(old + 1))) {
      assertThat(view.read(lost, Codec.UTF8)).isEqualTo("0");
      assertThat(view.readAll(List.of(lost))).hasSize(1);
    }
    cluster.storage().restoreTo(old);
    create(others);

    try (ReadView view = store.view()) {
      assertThat(view.find(lost)).isEmpty();
    }
  }

  @Test
  void cache_readAgain_needsNoLoad() {
    Oid oid = create(others);
    store.run(tx -> tx.read(oid));
    awaitVerified(new Tid(cluster.storage().lastTid()));
    int loads = cluster.calls("Load");

    store.run(tx -> tx.read(oid));

    assertThat(cluster.calls("Load")).isEqualTo(loads);
  }

  @Test
  void cache_changedByOthers_isReadAnew() {
    Oid oid = create(others);
    store.run(tx -> tx.read(oid));
    for (int i = 0; i < 50; i++) {
      String value = String.valueOf(i);
      write(others, oid, value);
      assertThat(store.<String>run(tx -> tx.read(oid, Codec.UTF8))).isEqualTo(value);
    }
  }

  @Test
  void cache_termChanges_isVerifiedAndKept() {
    List<Oid> oids = java.util.stream.IntStream.range(0, 20).mapToObj(i -> create(others)).toList();
    store.run(tx -> tx.readAll(oids));
    awaitVerified(new Tid(cluster.storage().lastTid()));
    cluster.elect(-1);
    Tid tid = commitUnseen(oids.get(0), "changed");
    cluster.node(0).kill();
    cluster.elect(1);
    awaitVerified(tid);
    int loads = cluster.calls("LoadMany");

    assertThat(store.<String>run(tx -> tx.read(oids.get(0), Codec.UTF8))).isEqualTo("changed");
    store.run(tx -> tx.readAll(oids));

    assertThat(cluster.calls("LoadMany")).isEqualTo(loads);
    await().untilAsserted(() -> assertThat(listener.verifications).contains("kept 19 dropped 1"));
  }

  /** As by another client, while this one has no leader to ask. */
  private Tid commitUnseen(Oid oid, String value) {
    FakeStorage storage = cluster.storage();
    return new Tid(
        storage.commit(
            CommitRequest.newBuilder()
                .setId(TransactionId.newBuilder().setSequence(1))
                .addWrites(
                    Write.newBuilder()
                        .setOid(oid.value())
                        .setSerial(storage.load(oid.value(), storage.lastTid()).getTid())
                        .setData(ByteString.copyFromUtf8(value)))
                .build()));
  }

  @Test
  void cache_tooMuchMissed_isDropped() {
    Oid oid = create(others);
    store.run(tx -> tx.read(oid));
    awaitVerified(new Tid(cluster.storage().lastTid()));
    cluster.storage().forgetInvalidations();
    cluster.elect(1);

    await().untilAsserted(() -> assertThat(store.cacheStatistics().objects()).isZero());
  }

  @Test
  void view_historyReplaced_saysSo() {
    Oid oid = create(others);
    Tid old = new Tid(cluster.storage().lastTid());
    write(others, oid, "lost");
    ReadView view = store.view();
    cluster.storage().restoreTo(old.value());

    assertThat(store.<String>run(tx -> tx.read(oid, Codec.UTF8))).isEqualTo("0");
    org.assertj.core.api.Assertions.assertThatThrownBy(() -> view.read(oid))
        .isInstanceOf(HistoryReplacedException.class);
  }

  @Test
  void oids_historyReplacedBetweenTwoPages_saysSo() {
    others.run(
        tx -> {
          for (int i = 0; i < 150; i++) {
            tx.createAt(new Oid(1_000 + i), Bytes.EMPTY);
          }
          return tx;
        });
    long old = cluster.storage().lastTid();
    create(others);
    try (ReadView view = store.view();
        Stream<Oid> oids = view.oids(Oid.ROOT)) {
      Iterator<Oid> listed = oids.iterator();
      for (int i = 0; i < 100; i++) {
        assertThat(listed.next()).isNotNull();
      }
      cluster.storage().restoreTo(old);
      create(others);
      store.view().close();

      assertThatThrownBy(listed::next).isInstanceOf(HistoryReplacedException.class);
    }
  }

  @Test
  void session_afterOwnCommit_seesIt() {
    Oid oid = create(store);
    for (int i = 0; i < 20; i++) {
      String value = String.valueOf(i);
      write(store, oid, value);
      try (ReadView view = store.view(Freshness.SESSION)) {
        assertThat(view.read(oid, Codec.UTF8)).isEqualTo(value);
      }
    }
  }

  @Test
  void session_watchAlive_costsNoRoundTrip() {
    Oid oid = create(store);
    store.run(tx -> tx.read(oid));
    awaitVerified(new Tid(cluster.storage().lastTid()));
    int begins = cluster.calls("Begin");

    try (ReadView view = store.view(Freshness.SESSION)) {
      assertThat(view.read(oid, Codec.UTF8)).isEqualTo("0");
    }

    assertThat(cluster.calls("Begin")).isEqualTo(begins);
  }
}
