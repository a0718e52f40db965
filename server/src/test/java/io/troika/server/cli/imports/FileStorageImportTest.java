package io.troika.server.cli.imports;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.troika.client.Codec;
import io.troika.client.ObjectStore;
import io.troika.client.RecordedChange;
import io.troika.client.Tid;
import io.troika.client.TransactionQuery;
import io.troika.client.TransactionRecord;
import io.troika.client.UnavailableException;
import io.troika.server.cli.imports.ImportBatches.Limits;
import io.troika.server.cli.output.TransactionProgress;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.filestorage.FileStorageException;
import io.troika.server.filestorage.LeftOver;
import io.troika.server.node.OneNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Imports into a real server, through the Java client. */
@Timeout(600)
class FileStorageImportTest {
  private static final Limits SMALL = Limits.DEFAULT.withTransactionsMax(4);
  private static final int TRANSACTIONS = 26;

  @TempDir Path directory;

  @RegisterExtension static final OneNode node = new OneNode();

  private ObjectStore store;

  @BeforeEach
  void createStore() {
    store = node.newStore();
  }

  @Test
  void run_everyKindOfRecord_isReadBackTheSame() throws Exception {
    Path path = directory.resolve("Data.fs");
    try (ExampleFile file = ExampleFile.create(path)) {
      file.begin(1, 'p', "packed");
      file.writer().writeData(Oid.ROOT, Bytes.utf8("root"));
      file.writer().writeData(new Oid(1), Bytes.utf8("one"));
      file.writer().endTransaction();
      file.begin(2, ' ', "deletes");
      file.writer().writeData(Oid.ROOT, Bytes.utf8("root again"));
      file.writer().writeAbsent(new Oid(1));
      file.writer().endTransaction();
      file.begin(3, ' ', "undoes");
      file.writer().writeShared(Oid.ROOT, ExampleFile.tid(1));
      file.writer().writeShared(new Oid(1), ExampleFile.tid(1));
      file.writer().endTransaction();
      file.begin(4, ' ', "undoes the undoing, back pointer to a back pointer");
      file.writer().writeShared(Oid.ROOT, ExampleFile.tid(3));
      file.writer().endTransaction();
      file.begin(5, ' ', "changes nothing");
      file.writer().endTransaction();
    }

    ImportReport report = importAll(path);

    assertThat(report).isEqualTo(new ImportReport(0, 5, 7, 4 + 3 + 10, 0));
    assertThat(transactions())
        .extracting(TransactionRecord::tid, TransactionRecord::status, r -> text(r.metadata()))
        .containsExactly(
            tuple(1, 'p', "user 1, packed, }q1"),
            tuple(2, ' ', "user 2, deletes, }q2"),
            tuple(3, ' ', "user 3, undoes, }q3"),
            tuple(4, ' ', "user 4, undoes the undoing, back pointer to a back pointer, }q4"),
            tuple(5, ' ', "user 0, changes nothing, }q5"));
    assertThat(Stream.of(1, 2, 3, 4, 5).map(this::changes))
        .containsExactly(
            List.of("0x0 root", "0x1 one"),
            List.of("0x0 root again", "0x1 absent"),
            List.of("0x0 root of 1", "0x1 one of 1"),
            List.of("0x0 root of 1"),
            List.of());
  }

  static Stream<Arguments> interruptions() {
    int batches = (TRANSACTIONS + SMALL.transactionsMax() - 1) / SMALL.transactionsMax();
    return Stream.of(FaultyStore.At.values())
        .flatMap(
            at -> Stream.iterate(0, i -> i < batches, i -> i + 1).map(i -> Arguments.of(at, i)));
  }

  @ParameterizedTest
  @MethodSource("interruptions")
  void run_interrupted_goesOnWhereItWas(FaultyStore.At at, int batch) throws Exception {
    Path path = ExampleFile.write(directory.resolve("Data.fs"), TRANSACTIONS);
    ObjectStore faulty = FaultyStore.breaking(store, at, batch);
    CheckedFile first = FileStorageImport.check(path, faulty, TransactionProgress.NONE);

    assertThatThrownBy(() -> FileStorageImport.run(first, faulty, TransactionProgress.NONE, SMALL))
        .isInstanceOf(UnavailableException.class);
    int kept = (batch + (at == FaultyStore.At.ANSWERING ? 1 : 0)) * SMALL.transactionsMax();
    assertThat(store.info().transactionCount()).isEqualTo(Math.min(kept, TRANSACTIONS));

    CheckedFile again = FileStorageImport.check(path, store, TransactionProgress.NONE);
    ImportReport report = FileStorageImport.run(again, store, TransactionProgress.NONE);
    assertThat(report.found() + report.imported()).isEqualTo(TRANSACTIONS);
    assertThat(ImportVerification.run(again, store, TransactionProgress.NONE).isEqual()).isTrue();
    assertThat(transactions()).hasSize(TRANSACTIONS);
  }

  @Test
  void run_complete_changesNothingMore() throws Exception {
    Path path = ExampleFile.write(directory.resolve("Data.fs"), TRANSACTIONS);
    importAll(path);

    assertThat(importAll(path)).isEqualTo(new ImportReport(TRANSACTIONS, 0, 0, 0, 0));
  }

  @Test
  void run_fileThatGrew_addsWhatIsNew() throws Exception {
    Path begun = ExampleFile.write(directory.resolve("begun.fs"), 10);
    importAll(begun);
    Path grown = ExampleFile.write(directory.resolve("grown.fs"), 15);

    assertThat(importAll(grown)).extracting(ImportReport::found).isEqualTo(10L);
    assertThat(store.info().transactionCount()).isEqualTo(15);
  }

  @Test
  void run_fileThatGrowsMeanwhile_endsWhereItWasChecked() throws Exception {
    Path path = ExampleFile.write(directory.resolve("Data.fs"), 10);
    CheckedFile checked = FileStorageImport.check(path, store, TransactionProgress.NONE);
    Path grown = ExampleFile.write(directory.resolve("grown.fs"), 15);
    Files.write(path, Files.readAllBytes(grown), StandardOpenOption.TRUNCATE_EXISTING);

    FileStorageImport.run(checked, store, TransactionProgress.NONE);

    assertThat(store.info().lastTid()).isEqualTo(ExampleFile.clientTid(10));
    assertThat(ImportVerification.run(checked, store, TransactionProgress.NONE).isEqual()).isTrue();
  }

  @Test
  void check_storageWithOtherData_isRefused() throws Exception {
    Path path = ExampleFile.write(directory.resolve("Data.fs"), 3);
    Tid other = store.execute(tx -> tx.create("something else", Codec.UTF8));

    assertThatThrownBy(() -> FileStorageImport.check(path, store, TransactionProgress.NONE))
        .isInstanceOf(ImportException.class)
        .hasMessageContainingAll(store.name(), other.toString(), path.toString());
  }

  /** The last transaction is in the file, but not all of those before it. */
  @Test
  void check_storageWithAnotherHistory_isRefused() throws Exception {
    Path packed = directory.resolve("packed.fs");
    try (ExampleFile file = ExampleFile.create(packed)) {
      file.history(4, 4);
    }
    importAll(packed);
    Path whole = ExampleFile.write(directory.resolve("Data.fs"), 5);

    assertThatThrownBy(() -> FileStorageImport.check(whole, store, TransactionProgress.NONE))
        .isInstanceOf(ImportException.class)
        .hasMessageContaining("it has 1 transactions")
        .hasMessageContaining("has 4");
  }

  @Test
  void run_othersWriteMeanwhile_saysSo() throws Exception {
    Path path = ExampleFile.write(directory.resolve("Data.fs"), TRANSACTIONS);
    CheckedFile checked = FileStorageImport.check(path, store, TransactionProgress.NONE);
    TransactionProgress writeOnce =
        (position, end) -> {
          if (store.info().transactionCount() <= SMALL.transactionsMax()) {
            store.execute(tx -> tx.create("something else", Codec.UTF8));
          }
        };

    assertThatThrownBy(() -> FileStorageImport.run(checked, store, writeOnce, SMALL))
        .isInstanceOf(ImportException.class)
        .hasMessageContainingAll(path.toString(), "others", store.name());
    assertThat(ImportVerification.run(checked, store, TransactionProgress.NONE).extra()).isZero();
  }

  @Test
  void run_batchTooLargeForTheServer_sendsItsTransactionsOneByOne() throws Exception {
    Path path = directory.resolve("Data.fs");
    try (ExampleFile file = ExampleFile.create(path)) {
      for (int i = 1; i <= 3; i++) {
        writeLarge(file, i, 4 << 20);
      }
    }
    CheckedFile checked = FileStorageImport.check(path, store, TransactionProgress.NONE);
    Limits unlimited = new Limits(100, 100, Long.MAX_VALUE);

    FileStorageImport.run(checked, store, TransactionProgress.NONE, unlimited);

    assertThat(ImportVerification.run(checked, store, TransactionProgress.NONE).isEqual()).isTrue();
  }

  @Test
  void run_transactionTooLargeForTheServer_namesItAndKeepsThoseBefore() throws Exception {
    Path path = directory.resolve("Data.fs");
    try (ExampleFile file = ExampleFile.create(path)) {
      file.history(1, 5);
      writeLarge(file, 6, 9 << 20);
      file.history(7, 8);
    }

    assertThatThrownBy(() -> importAll(path))
        .isInstanceOf(ImportException.class)
        .hasMessageContainingAll(
            path.toString(), ExampleFile.tid(6).toString(), "raft.entry-size-max");
    assertThat(store.info().lastTid()).isEqualTo(ExampleFile.clientTid(5));
  }

  @Test
  void run_tornTail_importsWhatIsWholeAndGoesOnWithTheWholeFile() throws Exception {
    Path whole = ExampleFile.write(directory.resolve("whole.fs"), 12);
    byte[] bytes = Files.readAllBytes(whole);
    Path torn = Files.write(directory.resolve("torn.fs"), Arrays.copyOf(bytes, bytes.length - 3));

    CheckedFile checked = FileStorageImport.check(torn, store, TransactionProgress.NONE);
    FileStorageImport.run(checked, store, TransactionProgress.NONE);

    LeftOver leftOver = requireNonNull(checked.summary().leftOver());
    assertThat(leftOver.reason()).isEqualTo(LeftOver.Reason.TRANSACTION_TORN);
    assertThat(store.info().lastTid()).isEqualTo(ExampleFile.clientTid(11));
    assertThat(importAll(whole)).isEqualTo(new ImportReport(11, 1, 2, 9, 0));
  }

  /** Undone long ago, by marking it: FileStorage passes over it, but its data can be shared. */
  @Test
  void run_dataOfAnUndoneTransaction_becomesTheObjectsOwn() throws Exception {
    Path path = directory.resolve("Data.fs");
    int undone = (int) Files.size(ExampleFile.write(directory.resolve("first.fs"), 1));
    try (ExampleFile file = ExampleFile.create(path)) {
      file.history(1, 2);
      file.begin(3, ' ', "undo");
      file.writer().writeShared(new Oid(1), ExampleFile.tid(1));
      file.writer().writeShared(new Oid(2), ExampleFile.tid(2));
      file.writer().endTransaction();
    }
    byte[] bytes = Files.readAllBytes(path);
    bytes[undone + 2 * Long.BYTES] = 'u';
    Files.write(path, bytes);

    assertThat(importAll(path).imported()).isEqualTo(2);

    assertThat(changes(3)).containsExactly("0x1 object 1 of 1", "0x2 object 2");
  }

  @Test
  void check_damagedInTheMiddle_namesFileAndPositionAndImportsNothing() throws Exception {
    Path path = ExampleFile.write(directory.resolve("Data.fs"), 12);
    byte[] bytes = Files.readAllBytes(path);
    int record = bytes.length / 2;
    Arrays.fill(bytes, record, record + 60, (byte) 0xff);
    Files.write(path, bytes);

    FileStorageException failure =
        catchThrowableOfType(FileStorageException.class, () -> importAll(path));

    assertThat(failure).hasMessageContaining(path + " at position " + failure.position());
    assertThat(store.info().transactionCount()).isZero();
  }

  private static void writeLarge(ExampleFile file, int number, int sizeBytes) throws IOException {
    file.begin(number, ' ', "large");
    file.writer().writeData(new Oid(number), Bytes.wrap(new byte[sizeBytes]));
    file.writer().endTransaction();
  }

  private ImportReport importAll(Path path) throws IOException, ImportException {
    CheckedFile checked = FileStorageImport.check(path, store, TransactionProgress.NONE);
    ImportReport report = FileStorageImport.run(checked, store, TransactionProgress.NONE);
    assertThat(ImportVerification.run(checked, store, TransactionProgress.NONE).differences())
        .isEmpty();
    return report;
  }

  private List<TransactionRecord> transactions() {
    try (Stream<TransactionRecord> all = store.transactions(TransactionQuery.after(Tid.NONE))) {
      return all.toList();
    }
  }

  private static org.assertj.core.groups.Tuple tuple(int number, char status, String metadata) {
    return org.assertj.core.groups.Tuple.tuple(
        ExampleFile.clientTid(number), (int) status, metadata);
  }

  private static String text(io.troika.client.TransactionMetadata metadata) {
    return metadata.user().toUtf8()
        + ", "
        + metadata.description().toUtf8()
        + ", "
        + metadata.extension().toUtf8();
  }

  private List<String> changes(int number) {
    return store.changes(ExampleFile.clientTid(number)).stream()
        .map(FileStorageImportTest::text)
        .toList();
  }

  private static String text(RecordedChange change) {
    String data = change.data().map(io.troika.client.Bytes::toUtf8).orElse("absent");
    return change.dataTid().equals(Tid.NONE)
        ? change.oid() + " " + data
        : "%s %s of %s".formatted(change.oid(), data, number(change.dataTid()));
  }

  private static long number(Tid tid) {
    return (tid.value() - ExampleFile.clientTid(0).value()) >> 8;
  }
}
