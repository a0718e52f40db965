package io.troika.server.cli.backups;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.client.Blob;
import io.troika.client.Bytes;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.RecordedChange;
import io.troika.client.StorageInfo;
import io.troika.client.Tid;
import io.troika.client.TransactionRecord;
import io.troika.client.TroikaClient;
import io.troika.client.UnavailableException;
import io.troika.client.UnknownBlobException;
import io.troika.client.UnknownTransactionException;
import io.troika.server.backup.BackupCheck;
import io.troika.server.backup.BackupDirectory;
import io.troika.server.backup.BackupException;
import io.troika.server.backup.Manifest.BlobTotals;
import io.troika.server.backup.Manifest.Chain;
import io.troika.server.node.OneNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Runs that break, and storages that change under them. */
@Timeout(600)
class BackupRunTest {
  private static final long SMALL_SEGMENTS = 20_000;
  private static final int TRANSACTIONS = 60;

  @TempDir Path directory;

  @RegisterExtension static final OneNode node = new OneNode();

  private ObjectStore store;
  private final List<Tid> tids = new ArrayList<>();

  /** 1,500 bytes each, which cannot be deflated. */
  @BeforeEach
  void fill() {
    store = node.newStore();
    Random random = new Random(3);
    for (int i = 0; i < TRANSACTIONS; i++) {
      byte[] data = new byte[1_500];
      random.nextBytes(data);
      store.run(tx -> tx.create(Bytes.wrap(data)));
      tids.add(store.info().lastTid());
    }
  }

  @Test
  void run_brokenHalfWay_isNoBackupYetAndTheNextGoesOn() throws Exception {
    AtomicInteger left = new AtomicInteger(TRANSACTIONS / 2);
    ObjectStore broken =
        changed(
            changes ->
                left.getAndDecrement() > 0
                    ? changes
                    : CompletableFuture.failedFuture(new UnavailableException("broke", null)));

    assertThatThrownBy(
            () -> BackupRun.run(store, broken, directory, BackupRun.Progress.NONE, SMALL_SEGMENTS))
        .isInstanceOf(UnavailableException.class);

    Chain begun = requireNonNull(BackupDirectory.read(directory).lastChain());
    assertThat(begun.segments()).isNotEmpty();
    assertThat(begun.lastPoint()).isNull();
    assertThatThrownBy(() -> RestorePoint.newest(directory, 0))
        .isInstanceOf(BackupException.class)
        .hasMessageContaining("no run of this backup was finished");

    BackupReport report =
        BackupRun.run(store, store, directory, BackupRun.Progress.NONE, SMALL_SEGMENTS);

    assertThat(report.after()).isEqualTo(begun.reached());
    assertThat(report.transactions()).isBetween(1L, (long) TRANSACTIONS - 1);
    BackupCheck.Result result = BackupCheck.run(directory, BackupCheck.Progress.NONE);
    assertThat(result.isWhole()).isTrue();
    assertThat(result.transactions()).isEqualTo(TRANSACTIONS);
    assertThat(result.segments()).isGreaterThan(3);
  }

  /** Out of memory would be the end of this process, which may be a node. */
  @Test
  void run_transactionTooLargeForTheHeap_isRefusedBeforeItIsAskedFor() {
    AtomicInteger asked = new AtomicInteger();
    ObjectStore large =
        ChangedStore.of(
            store,
            (method, answer) -> {
              asked.addAndGet(method.equals("changesAsync") ? 1 : 0);
              return answer instanceof Stream<?> listed
                  ? listed.map(each -> large((TransactionRecord) each))
                  : answer;
            });

    assertThatThrownBy(() -> BackupRun.run(store, large, directory, BackupRun.Progress.NONE))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("transaction " + tids.get(0))
        .hasMessageContaining("-Xmx");

    assertThat(asked).hasValue(0);
  }

  private static TransactionRecord large(TransactionRecord listed) {
    return new TransactionRecord(
        listed.tid(),
        listed.status(),
        listed.metadata(),
        listed.oids(),
        listed.oidCount(),
        Runtime.getRuntime().maxMemory(),
        listed.id());
  }

  @Test
  void run_historyReplacedMeanwhile_entersNothingOfIt() {
    AtomicInteger asked = new AtomicInteger();
    ObjectStore replaced =
        ChangedStore.of(
            store,
            (method, answer) -> {
              if (!method.equals("info") || asked.getAndIncrement() == 0) {
                return answer;
              }
              StorageInfo info = (StorageInfo) answer;
              return new StorageInfo(
                  info.name(),
                  info.uuid(),
                  info.epoch() + 1,
                  info.lastTid(),
                  info.packTid(),
                  info.objectCount(),
                  info.transactionCount(),
                  info.dataBytes(),
                  info.group(),
                  info.blobBytes(),
                  info.quotaBytes());
            });

    assertThatThrownBy(() -> BackupRun.run(replaced, store, directory, BackupRun.Progress.NONE))
        .isInstanceOf(BackupException.class)
        .hasMessageContaining("its history was replaced during the backup");

    assertThat(directory.resolve(BackupDirectory.MANIFEST)).doesNotExist();
  }

  @Test
  void run_blobs_areInItAndOnlyNewOnesLater() throws Exception {
    Oid oid = createBlob(3_000_000);
    Tid first = store.info().lastTid();
    BackupReport begun = BackupRun.run(store, store, directory, BackupRun.Progress.NONE);
    assertThat(begun.blobs()).isEqualTo(new BlobTotals(1, 3_000_000));

    Tid second =
        store.execute(
            tx -> tx.writeBlob(oid, Bytes.utf8("b"), new ByteArrayInputStream(random(9))));
    Tid undone = store.execute(tx -> tx.undo(second));
    BackupReport later = BackupRun.run(store, store, directory, BackupRun.Progress.NONE);

    assertThat(later.blobs()).as("what is undone is shared").isEqualTo(new BlobTotals(1, 9));
    BackupCheck.Result result = BackupCheck.run(directory, BackupCheck.Progress.NONE);
    assertThat(result.isWhole()).isTrue();
    assertThat(result.blobs()).isEqualTo(new BlobTotals(2, 3_000_009));
    String restored = store.name() + "-restored";
    try (TroikaClient client = TroikaClient.connect(node.endpoints());
        TroikaClient reading = TroikaClient.connect(node.endpoints())) {
      RestoreReport report =
          RestoreRun.run(
              client,
              reading,
              RestorePoint.newest(directory, 0),
              restored,
              false,
              RestoreRun.Progress.NONE);
      assertThat(report.blobs()).isEqualTo(2);
      ObjectStore copy = client.store(restored);
      assertThat(bytes(copy.openBlob(oid, first))).isEqualTo(random(3_000_000));
      assertThat(bytes(copy.openBlob(oid, second))).isEqualTo(random(9));
      assertThat(bytes(copy.openBlob(oid, undone))).isEqualTo(random(3_000_000));
    }
  }

  /** A pack while a transaction is being read: it is read again, and has fewer objects then. */
  @Test
  void run_blobPackedAwayMeanwhile_isLeftOutWithoutATrace() throws Exception {
    createBlob(100_000);
    createBlob(1);
    AtomicInteger opened = new AtomicInteger();
    ObjectStore packed =
        ChangedStore.of(
            store,
            (method, answer) -> {
              if (method.equals("openBlob") && opened.getAndIncrement() == 1) {
                throw new UnknownBlobException("packed");
              }
              return answer;
            });

    assertThatThrownBy(() -> BackupRun.run(store, packed, directory, BackupRun.Progress.NONE))
        .isInstanceOf(BackupException.class)
        .hasMessageContaining("was not packed");

    opened.set(0);
    ObjectStore truth =
        ChangedStore.of(
            store,
            (method, answer) -> method.equals("info") ? packedUp((StorageInfo) answer) : answer);
    BackupReport report = BackupRun.run(truth, packed, directory, BackupRun.Progress.NONE);

    assertThat(report.blobs()).isEqualTo(new BlobTotals(2, 100_001));
    assertThat(opened).hasValue(3);
    assertThat(BackupCheck.run(directory, BackupCheck.Progress.NONE).isWhole()).isTrue();
  }

  private static StorageInfo packedUp(StorageInfo info) {
    return new StorageInfo(
        info.name(),
        info.uuid(),
        info.epoch(),
        info.lastTid(),
        info.lastTid(),
        info.objectCount(),
        info.transactionCount(),
        info.dataBytes(),
        info.group());
  }

  private Oid createBlob(int size) {
    return store.run(tx -> tx.createBlob(Bytes.utf8("b"), new ByteArrayInputStream(random(size))));
  }

  private static byte[] random(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  private static byte[] bytes(Blob blob) throws IOException {
    try (InputStream stream = blob.stream()) {
      return stream.readAllBytes();
    }
  }

  /** Only a pack may take a transaction away, and this storage was never packed. */
  @Test
  void run_transactionThatIsGoneWithoutAPack_isNotLeftOut() {
    ObjectStore lossy =
        changed(changes -> CompletableFuture.failedFuture(new UnknownTransactionException("gone")));

    assertThatThrownBy(() -> BackupRun.run(store, lossy, directory, BackupRun.Progress.NONE))
        .isInstanceOf(BackupException.class)
        .hasMessageContaining("was not packed");
  }

  @Test
  void run_storageThatLostTransactions_isRefused() throws Exception {
    BackupReport first = BackupRun.run(store, store, directory, BackupRun.Progress.NONE);
    assertThat(first.transactions()).isEqualTo(TRANSACTIONS);
    ObjectStore shorter =
        ChangedStore.of(
            store,
            (method, answer) ->
                method.equals("view") ? store.viewAt(tids.get(TRANSACTIONS / 2)) : answer);

    assertThatThrownBy(() -> BackupRun.run(store, shorter, directory, BackupRun.Progress.NONE))
        .isInstanceOf(BackupException.class)
        .hasMessageContaining("it lost transactions");
  }

  private ObjectStore changed(
      Function<CompletableFuture<List<RecordedChange>>, CompletableFuture<List<RecordedChange>>>
          change) {
    return ChangedStore.of(
        store,
        (method, answer) -> method.equals("changesAsync") ? change.apply(cast(answer)) : answer);
  }

  @SuppressWarnings("unchecked") // what the method answers
  private static CompletableFuture<List<RecordedChange>> cast(Object answer) {
    return (CompletableFuture<List<RecordedChange>>) answer;
  }
}
