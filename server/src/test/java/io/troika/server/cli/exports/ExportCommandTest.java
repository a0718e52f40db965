package io.troika.server.cli.exports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.client.Bytes;
import io.troika.client.ObjectStore;
import io.troika.client.StorageInfo;
import io.troika.client.Tid;
import io.troika.client.TransactionOptions;
import io.troika.server.cli.TypedCommand;
import io.troika.server.cli.imports.CheckedFile;
import io.troika.server.cli.imports.ExampleFile;
import io.troika.server.cli.imports.FileStorageImport;
import io.troika.server.cli.imports.StoreContents;
import io.troika.server.cli.options.ExitCodes;
import io.troika.server.cli.output.TransactionProgress;
import io.troika.server.filestorage.FileStorageReader;
import io.troika.server.filestorage.FileStorageSummary;
import io.troika.server.filestorage.FileStorageWriter;
import io.troika.server.filestorage.ReadSettings;
import io.troika.server.filestorage.ZodbPython;
import io.troika.server.node.OneNode;
import java.lang.reflect.Proxy;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code troika export} writes, prints, and how it ends. */
@Timeout(600)
class ExportCommandTest {
  @TempDir Path directory;

  @RegisterExtension static final OneNode node = new OneNode();

  private ObjectStore store;
  private final TypedCommand troika = new TypedCommand();

  @BeforeEach
  void createStore() {
    store = node.newStore();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "normal",
        "packed",
        "undone",
        "deleted",
        "metadata",
        "large",
        "restored-undone",
        "restored-packed",
        "restored-deleted"
      })
  void export_whatZodbWrote_isReadBackByZodbEqual(String name) throws Exception {
    ZodbPython zodb = ZodbPython.require();
    importAll(zodb.files().resolve(name + ".fs"));
    Path file = directory.resolve("out.fs");

    assertThat(execute(file.toString())).isEqualTo(ExitCodes.OK);

    assertThat(StoreContents.expected(zodb.dump(file))).isEqualTo(StoreContents.of(store));
  }

  /** 20,000 transactions. */
  @Test
  void export_many_readsBackEqual() throws Exception {
    importAll(ZodbPython.require().files().resolve("many.fs"));

    assertThat(execute(directory.resolve("out.fs").toString())).isEqualTo(ExitCodes.OK);

    assertThat(troika.out()).contains("Read back 20,000 transactions", ": equal");
  }

  @Test
  void export_toATid_endsThere() throws Exception {
    importAll(ExampleFile.write(directory.resolve("whole.fs"), 30));
    Path file = directory.resolve("out.fs");

    assertThat(execute("--to", ExampleFile.tid(12).toString(), file.toString()))
        .isEqualTo(ExitCodes.OK);

    assertThat(CheckedFile.of(file, Tid.NONE, TransactionProgress.NONE).lastTid())
        .isEqualTo(ExampleFile.clientTid(12));
    assertThat(troika.out().lines())
        .satisfiesExactly(
            line ->
                assertThat(line)
                    .startsWith("Exported 12 transactions up to " + ExampleFile.tid(12)),
            line -> assertThat(line).startsWith("Read back 12 transactions").endsWith(": equal"));
  }

  @Test
  void export_emptyStorage_isAnEmptyFileStorage() throws Exception {
    Path file = directory.resolve("out.fs");

    assertThat(execute(file.toString())).isEqualTo(ExitCodes.OK);

    assertThat(CheckedFile.of(file, Tid.NONE, TransactionProgress.NONE).summary().transactions())
        .isZero();
  }

  @Test
  void export_fileIsThere_isRefusedAndLeftAlone() throws Exception {
    Path file = Files.writeString(directory.resolve("out.fs"), "mine");

    assertThat(execute(file.toString())).isEqualTo(ExitCodes.FAILED);

    assertThat(troika.err()).contains("out.fs: is there already");
    assertThat(file).hasContent("mine");
  }

  /** Of two to one path the second would have given its half to the first one's name. */
  @Test
  void export_whileAnotherWritesThatFile_isRefusedAndLeavesItAlone() throws Exception {
    importAll(ExampleFile.write(directory.resolve("whole.fs"), 3));
    Path file = directory.resolve("out.fs");
    Path part = directory.resolve("out.fs.part");
    try (FileStorageWriter other = FileStorageWriter.create(part)) {
      assertThat(execute(file.toString())).isEqualTo(ExitCodes.FAILED);

      assertThat(troika.err()).contains("out.fs.part: it is being written");
      assertThat(part).exists();
      assertThat(file).doesNotExist();
      other.force();
    }

    assertThat(execute(file.toString())).as("what is left is nobody's").isEqualTo(ExitCodes.OK);
    assertThat(part).doesNotExist();
  }

  @Test
  void report_aFileThatIsCutShort_doesNotHoldAll() throws Exception {
    Path file = ExampleFile.write(directory.resolve("whole.fs"), 5);
    FileStorageSummary whole = FileStorageReader.scan(file, ReadSettings.DEFAULT);
    ExportReport report =
        new ExportReport(ExampleFile.clientTid(5), 5, whole.records(), whole.fileSizeBytes(), 0);
    assertThat(report.isAllIn(whole)).isTrue();

    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(whole.fileSizeBytes() - 1);
    }

    FileStorageSummary torn = FileStorageReader.scan(file, ReadSettings.DEFAULT);
    assertThat(torn.transactions()).isEqualTo(4);
    assertThat(report.isAllIn(torn)).isFalse();
  }

  @Test
  void export_objectWithoutData_isRefusedAndNamedAndLeavesNoFile() throws Exception {
    Tid tid =
        store.execute(
            TransactionOptions.DEFAULT,
            tx -> {
              var unused = tx.create(Bytes.EMPTY);
            });

    assertThat(execute(directory.resolve("out.fs").toString())).isEqualTo(ExitCodes.FAILED);

    assertThat(troika.err()).contains("transaction " + tid + " has no bytes of data");
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void export_historyReplacedMeanwhile_leavesNoFile() {
    AtomicInteger asked = new AtomicInteger();
    ObjectStore replaced =
        (ObjectStore)
            Proxy.newProxyInstance(
                ObjectStore.class.getClassLoader(),
                new Class<?>[] {ObjectStore.class},
                (proxy, method, arguments) -> {
                  Object answer = method.invoke(store, arguments);
                  boolean later = method.getName().equals("info") && asked.getAndIncrement() > 0;
                  return later ? inTheNextEpoch((StorageInfo) answer) : answer;
                });

    assertThatThrownBy(
            () ->
                FileStorageExport.run(
                    replaced,
                    directory.resolve("out.fs"),
                    directory.resolve("out.fs.blobs"),
                    Tid.MAX,
                    written -> {}))
        .isInstanceOf(ExportException.class)
        .hasMessageContaining("its history was replaced during the export");
    assertThat(directory).isEmptyDirectory();
  }

  private static StorageInfo inTheNextEpoch(StorageInfo info) {
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
  }

  @Test
  void export_noSuchDirectory_isWrongUsage() {
    assertThat(execute(directory.resolve("no-such/out.fs").toString())).isEqualTo(ExitCodes.USAGE);
    assertThat(troika.err()).contains("no-such");
  }

  private void importAll(Path file) throws Exception {
    var unused =
        FileStorageImport.run(
            FileStorageImport.check(file, store, TransactionProgress.NONE),
            store,
            TransactionProgress.NONE);
  }

  private int execute(String... arguments) {
    return troika.execute(
        Stream.concat(
                Stream.of("export", "-e", node.endpoints(), "-s", store.name()),
                Stream.of(arguments))
            .toArray(String[]::new));
  }
}
