package io.troika.server.storage.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.server.core.BlobChanges;
import io.troika.server.core.ChangeSet;
import io.troika.server.core.ChangeSet.NewRevision;
import io.troika.server.core.ChangeSet.NewTransaction;
import io.troika.server.core.PackChanges;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.GroupState;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.core.model.TransactionRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When the rows of a storage go that is dropped, and that no others do. */
class DroppedStoragesTest {
  private static final StorageId GOES = new StorageId(1);
  private static final StorageId STAYS = new StorageId(2);
  private static final Oid OID = new Oid(1);

  @TempDir Path root;
  private RocksResources resources;
  private long index;

  @BeforeEach
  void openResources() {
    resources = new RocksResources(RocksSettings.DEFAULT);
  }

  @AfterEach
  void closeResources() {
    resources.close();
  }

  /** A read that began before must not lose what it reads; nobody else can ask for it. */
  @Test
  void dropped_keepsItsRowsForReadersAtWorkAndLosesThemBeforeItIsOpenedAgain() throws IOException {
    try (RocksRevisionStore store = RocksRevisionStore.open(root, resources)) {
      store.write(filling(GOES));
      store.write(dropping(GOES));
      var unused = store.flush();

      assertThat(store.storage(GOES)).isNull();
      assertThat(store.newestBefore(GOES, OID, Tid.MAX)).isNotNull();
    }
    try (RocksRevisionStore reopened = RocksRevisionStore.open(root, resources)) {
      assertThat(reopened.storages()).isEmpty();
      assertThat(reopened.newestBefore(GOES, OID, Tid.MAX)).isNull();
      assertThat(reopened.transactions(GOES, Tid.NONE, Tid.MAX, 9)).isEmpty();
      reopened.verify();
    }
  }

  @Test
  void dropped_withTheFirstFlushAfterItsTime_losesItsRowsAndNoOther() throws IOException {
    AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5); // such clocks wrap around
    try (OpenStore store = OpenStore.open(root, resources, nanos::get)) {
      store.write(filling(GOES));
      store.write(filling(STAYS));
      store.write(dropping(GOES));

      nanos.addAndGet(DroppedStorages.KEPT.toNanos() - 1);
      var before = store.flush();
      assertThat(hasRows(store, GOES)).isTrue();

      nanos.incrementAndGet();
      assertThat(hasRows(store, GOES)).isTrue();
      var after = store.flush();

      assertThat(hasRows(store, GOES)).isFalse();
      assertThat(hasRows(store, STAYS)).isTrue();
      assertThat(after).isEqualTo(before);
    }
  }

  @Test
  void dropped_itsRowsMayGo_givesItsSpaceBack() throws IOException {
    AtomicLong nanos = new AtomicLong();
    try (OpenStore store = OpenStore.open(root, resources, nanos::get)) {
      store.write(filling(STAYS));
      Random random = new Random(1);
      for (int tid = 1; tid <= 200; tid++) {
        store.write(filling(GOES, tid, random));
      }
      var full = store.flush();
      assertThat(dataBytes()).isGreaterThan(8 << 20);

      store.write(dropping(GOES));
      store.giveSpaceBack();
      assertThat(dataBytes()).as("while reads may be at work").isGreaterThan(8 << 20);
      nanos.addAndGet(DroppedStorages.KEPT.toNanos());
      store.giveSpaceBack();

      await().untilAsserted(() -> assertThat(dataBytes()).isLessThan(1 << 20));
      assertThat(hasRows(store, STAYS)).isTrue();
      assertThat(store.flushedPosition()).isGreaterThan(full);
    }
  }

  /** Tables and blob files. */
  private long dataBytes() throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      return files
          .filter(file -> file.toString().endsWith(".sst") || file.toString().endsWith(".blob"))
          .mapToLong(file -> file.toFile().length())
          .sum();
    }
  }

  private ChangeSet filling(StorageId storage, int tid, Random random) {
    List<NewRevision> revisions = new ArrayList<>();
    for (int oid = 1; oid <= 5; oid++) { // small ones and large ones
      byte[] data = new byte[oid == 5 ? 40_000 : 1_000];
      random.nextBytes(data);
      revisions.add(
          new NewRevision(
              storage, StoredRevision.data(new Oid(oid), new Tid(tid), Bytes.wrap(data))));
    }
    StorageState state =
        new StorageState(
            storage,
            "storage " + storage.value(),
            new UUID(1, storage.value()),
            1,
            new Tid(tid),
            new Oid(6),
            Tid.NONE,
            5,
            tid,
            1);
    return new ChangeSet(nextGroup(), List.of(state), revisions, List.of(), List.of(), List.of());
  }

  private static boolean hasRows(OpenStore store, StorageId storage) {
    boolean revisions = store.database().get(Family.REVISIONS, revisionKey(storage)) != null;
    boolean transactions =
        store.database().get(Family.TRANSACTIONS, Keys.transaction(storage, new Tid(1))) != null;
    assertThat(revisions).isEqualTo(transactions);
    return revisions;
  }

  private static byte[] revisionKey(StorageId storage) {
    return Keys.revision(storage, OID, new Tid(1));
  }

  private ChangeSet filling(StorageId storage) {
    StorageState state =
        new StorageState(
            storage,
            "storage " + storage.value(),
            new UUID(1, storage.value()),
            1,
            new Tid(1),
            new Oid(2),
            Tid.NONE,
            1,
            1,
            1);
    TransactionRecord transaction =
        new TransactionRecord(
            new Tid(1),
            TransactionRecord.NORMAL,
            TransactionMetadata.EMPTY,
            List.of(OID),
            1,
            new TransactionId(new UUID(2, 2), storage.value()));
    StoredRevision revision = StoredRevision.data(OID, new Tid(1), Bytes.utf8("x"));
    return new ChangeSet(
        nextGroup(),
        List.of(state),
        List.of(new NewRevision(storage, revision)),
        List.of(new NewTransaction(storage, transaction)),
        List.of(),
        List.of());
  }

  private ChangeSet dropping(StorageId storage) {
    return new ChangeSet(
        nextGroup(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        PackChanges.NONE,
        BlobChanges.NONE,
        List.of(storage),
        null,
        null);
  }

  private GroupState nextGroup() {
    return new GroupState(new LogPosition(1, index++), 3, 0);
  }
}
