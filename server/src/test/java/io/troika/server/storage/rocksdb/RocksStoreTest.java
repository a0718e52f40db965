package io.troika.server.storage.rocksdb;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.troika.server.core.ChangeSet;
import io.troika.server.core.ChangeSet.ExpiringOutcome;
import io.troika.server.core.model.GroupState;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.log.UnknownFormatException;
import io.troika.server.storage.memory.MemoryRevisionStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

class RocksStoreTest {
  private static final int OUTCOME_CHANGES = 120;
  private static final int SEEN_CHANGES = 20_000;
  private static final StorageId STORAGE = new StorageId(1);

  @TempDir Path root;
  private RocksResources resources;

  @BeforeEach
  void openResources() {
    resources = new RocksResources(RocksSettings.DEFAULT);
  }

  @AfterEach
  void closeResources() {
    resources.close();
  }

  private RocksRevisionStore open() throws IOException {
    return RocksRevisionStore.open(root, resources);
  }

  /** Data both in tables and in memtables, large values in blob files. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void randomHistory_withFlushesBetween_answersAsTheMemoryStore(long seed) throws IOException {
    Random random = new Random(seed);
    try (RocksRevisionStore store = open();
        MemoryRevisionStore model = new MemoryRevisionStore()) {
      for (ChangeSet changes : RandomHistory.of(seed, seed % 2 == 0 ? 100 : 40_000, 150)) {
        store.write(changes);
        model.write(changes);
        if (random.nextInt(20) == 0) {
          LogPosition flushed = store.flush();
          assertThat(flushed).isEqualTo(changes.group().applied());
        }
        compareReads(store, model, random);
      }
      assertThat(StateDump.of(store)).isEqualTo(StateDump.of(model));
      store.verify();
    }
    try (RocksRevisionStore reopened = open()) {
      assertThat(reopened.group().applied().index()).isEqualTo(149);
      reopened.verify();
    }
  }

  private static void compareReads(
      RocksRevisionStore store, MemoryRevisionStore model, Random random) {
    for (int i = 0; i < 20; i++) {
      StorageId storage = new StorageId(1 + random.nextInt(4));
      Oid oid = new Oid(random.nextInt(42));
      Tid tid = new Tid(random.nextInt(400));
      int limit = random.nextInt(5);
      assertThat(store.newestBefore(storage, oid, tid))
          .isEqualTo(model.newestBefore(storage, oid, tid));
      assertThat(store.at(storage, oid, tid)).isEqualTo(model.at(storage, oid, tid));
      assertThat(store.nextTid(storage, oid, tid)).isEqualTo(model.nextTid(storage, oid, tid));
      assertThat(store.history(storage, oid, tid, limit))
          .isEqualTo(model.history(storage, oid, tid, limit));
      assertThat(store.oids(storage, oid, limit)).isEqualTo(model.oids(storage, oid, limit));
      assertThat(store.transaction(storage, tid)).isEqualTo(model.transaction(storage, tid));
      Tid upTo = new Tid(tid.value() + random.nextInt(10));
      assertThat(store.transactions(storage, tid, upTo, limit))
          .isEqualTo(model.transactions(storage, tid, upTo, limit));
      assertThat(store.transactionsBackwards(storage, tid, limit))
          .isEqualTo(model.transactionsBackwards(storage, tid, limit));
      long time = random.nextInt(2_000);
      assertThat(store.expiredOutcomes(time, limit)).isEqualTo(model.expiredOutcomes(time, limit));
    }
    model.outcomes(null, 3).forEach(o -> assertThat(store.outcome(o.id())).isEqualTo(o.outcome()));
  }

  /** What is kept in memory of outcomes says no more than what is recorded, from a start on too. */
  @Test
  void outcome_ofAnyId_beforeAndAfterAReopen_isWhatTheModelHas() throws IOException {
    List<ChangeSet> history = RandomHistory.of(77, 100, OUTCOME_CHANGES);
    try (MemoryRevisionStore model = new MemoryRevisionStore()) {
      for (List<ChangeSet> part :
          List.of(history.subList(0, 60), history.subList(60, OUTCOME_CHANGES))) {
        try (RocksRevisionStore store = open()) {
          for (ChangeSet changes : part) {
            store.write(changes);
            model.write(changes);
            compareOutcomes(store, model);
          }
          LogPosition flushed = store.flush();
          assertThat(flushed).isEqualTo(model.group().applied());
        }
      }
    }
  }

  /** Else the leader would find a conflict with what the same transaction has written. */
  @Test
  void outcome_ofATransactionThatIsSeen_isSeen() throws Exception {
    List<ChangeSet> history = RandomHistory.of(78, 10, SEEN_CHANGES);
    Map<TransactionId, Long> forgottenAt = new HashMap<>();
    for (ChangeSet changes : history) {
      for (ExpiringOutcome forgotten : changes.forgottenOutcomes()) {
        forgottenAt.put(forgotten.id(), changes.group().applied().index());
      }
    }
    AtomicBoolean written = new AtomicBoolean();
    try (RocksRevisionStore store = open()) {
      CompletableFuture<Void> reader =
          CompletableFuture.runAsync(
              () -> {
                while (!written.get()) {
                  for (TransactionRecord seen : store.transactionsBackwards(STORAGE, Tid.MAX, 1)) {
                    if (store.outcome(seen.id()) == null) {
                      assertThat(store.group().applied().index())
                          .as("%s was not forgotten yet", seen)
                          .isGreaterThanOrEqualTo(
                              forgottenAt.getOrDefault(seen.id(), Long.MAX_VALUE) - 1);
                    }
                  }
                }
              });
      history.forEach(store::write);
      written.set(true);
      reader.get(240, TimeUnit.SECONDS);
    }
  }

  private static void compareOutcomes(RocksRevisionStore store, MemoryRevisionStore model) {
    for (int client = 0; client < RandomHistory.CLIENTS; client++) {
      for (int number = 0; number < 2 * OUTCOME_CHANGES; number++) {
        TransactionId id = RandomHistory.id(client, number);
        assertThat(store.outcome(id)).isEqualTo(model.outcome(id));
      }
    }
  }

  @Test
  void read_atTheEdgesOfTheKeySpace_staysInsideItsObject() throws IOException {
    try (RocksRevisionStore store = open()) {
      for (ChangeSet changes : RandomHistory.of(9, 100, 30)) {
        store.write(changes);
      }
      assertThat(store.newestBefore(STORAGE, Oid.MAX, Tid.MAX)).isNull();
      assertThat(store.newestBefore(STORAGE, Oid.ROOT, Tid.NONE)).isNull();
      assertThat(store.nextTid(STORAGE, Oid.ROOT, Tid.MAX)).isNull();
      assertThat(store.nextTid(STORAGE, Oid.MAX, Tid.NONE)).isNull();
      assertThat(store.oids(new StorageId(Integer.MAX_VALUE), Oid.ROOT, 10)).isEmpty();
      assertThat(store.oids(STORAGE, Oid.MAX, 10)).isEmpty();
    }
  }

  @Test
  void use_afterClose_failsWithIllegalState() throws IOException {
    RocksRevisionStore store = open();
    store.close();
    store.close();

    assertThatExceptionOfType(IllegalStateException.class).isThrownBy(store::group);
    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(() -> store.newestBefore(STORAGE, Oid.ROOT, Tid.MAX));
    assertThatExceptionOfType(IllegalStateException.class).isThrownBy(store::flush);
    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(() -> store.write(RandomHistory.of(1, 10, 1).get(0)));
  }

  /** Would crash the JVM if a read could run into the closing. */
  @Test
  void close_whileManyRead_letsThemFinishAndRefusesTheRest() throws Exception {
    for (int round = 0; round < 20; round++) {
      RocksRevisionStore store = open();
      if (round == 0) {
        RandomHistory.of(5, 200, 200).forEach(store::write);
      }
      List<Thread> readers = new ArrayList<>();
      AtomicInteger refused = new AtomicInteger();
      for (int i = 0; i < 4; i++) {
        Thread reader =
            new Thread(
                () -> {
                  try {
                    while (true) {
                      store.history(STORAGE, new Oid(3), Tid.MAX, 100);
                    }
                  } catch (IllegalStateException closed) {
                    refused.incrementAndGet();
                  }
                });
        reader.start();
        readers.add(reader);
      }
      store.close();
      for (Thread reader : readers) {
        reader.join();
      }
      assertThat(refused).hasValue(4);
    }
  }

  @Test
  void open_ofANewerFormat_isRefusedByName() throws Exception {
    open().close();
    changeFormat(3);

    assertThatExceptionOfType(UnknownFormatException.class)
        .isThrownBy(this::open)
        .withMessageContaining("has format 3; this version of the server reads format 2");
  }

  private void changeFormat(int version) throws IOException, RocksDBException {
    try (RocksDatabase database = RocksDatabase.open(root.resolve("db"), resources);
        WriteBatch batch = new WriteBatch()) {
      batch.put(database.handle(Family.META), Keys.format(), Values.encodeFormat(version));
      database.write(batch);
      database.flush();
    }
  }

  @Test
  void open_ofADatabaseWithAnUnknownFamily_isRefusedByName() throws Exception {
    open().close();
    try (Options options = new Options()) {
      addFamily(options);
    }

    assertThatExceptionOfType(UnknownFormatException.class)
        .isThrownBy(this::open)
        .withMessageContaining("column family 'of-a-later-version'");
  }

  private void addFamily(Options options) throws RocksDBException {
    List<ColumnFamilyDescriptor> families = new ArrayList<>();
    String path = root.resolve("db").toString();
    for (byte[] name : RocksDB.listColumnFamilies(options, path)) {
      families.add(new ColumnFamilyDescriptor(name));
    }
    List<ColumnFamilyHandle> handles = new ArrayList<>();
    try (RocksDB db = RocksDB.open(path, families, handles)) {
      byte[] name = "of-a-later-version".getBytes(US_ASCII);
      handles.add(db.createColumnFamily(new ColumnFamilyDescriptor(name)));
      handles.forEach(ColumnFamilyHandle::close);
    }
  }

  @Test
  void largeValues_lieInBlobFiles_andDiskBytesCountsThem() throws IOException {
    try (RocksRevisionStore store = open()) {
      RandomHistory.of(3, 200_000, 40).forEach(store::write);
      store.flush();
      assertThat(DurableFiles.namesIn(root.resolve("db"))).anyMatch(n -> n.endsWith(".blob"));
      assertThat(store.diskBytes()).isGreaterThan(store.storages().get(0).dataBytes());
    }
  }

  @Test
  void figures_tellWhatIsInMemoryAndInFiles() throws IOException {
    try (RocksRevisionStore store = open()) {
      RandomHistory.of(3, 200_000, 40).forEach(store::write);
      RocksFigures before = store.figures();
      store.flush();
      RocksFigures after = store.figures();

      assertThat(before.memtableBytes()).isGreaterThan(after.memtableBytes());
      assertThat(after.tableBytes()).isPositive();
      assertThat(after.writesStopped()).isFalse();
      assertThat(after.backgroundErrors()).isZero();
    }
  }

  @Test
  void outcomes_forgottenByTheThousand_leaveTheSearchForExpiredOnesShort() throws IOException {
    try (RocksRevisionStore store = open();
        MemoryRevisionStore model = new MemoryRevisionStore()) {
      for (ChangeSet changes : RandomHistory.of(6, 10, 3_000)) {
        store.write(changes);
        model.write(changes);
        long now = changes.group().logTimeMillis();
        assertThat(store.expiredOutcomes(now, 10)).isEqualTo(model.expiredOutcomes(now, 10));
      }
      store.verify();
    }
  }

  @Test
  void flushedPosition_ofANewStore_isNone() throws IOException {
    try (RocksRevisionStore store = open()) {
      assertThat(store.flushedPosition()).isEqualTo(LogPosition.NONE);
      assertThat(store.group()).isEqualTo(GroupState.INITIAL);
    }
  }

  @Test
  void flushedPosition_afterWrites_staysAtTheLastFlush() throws IOException {
    List<ChangeSet> history = RandomHistory.of(1, 100, 30);
    try (RocksRevisionStore store = open()) {
      history.subList(0, 10).forEach(store::write);
      assertThat(store.flushedPosition()).isEqualTo(LogPosition.NONE);
      assertThat(store.flush().index()).isEqualTo(9);
      history.subList(10, 30).forEach(store::write);
      assertThat(store.flushedPosition().index()).isEqualTo(9);
      assertThat(store.group().applied().index()).isEqualTo(29);
    }
  }

  @Test
  void open_ofARegularFile_saysWhatItIs() throws IOException {
    Path file = Files.createFile(root.resolve("file"));
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> RocksRevisionStore.open(file, resources).close());
  }
}
