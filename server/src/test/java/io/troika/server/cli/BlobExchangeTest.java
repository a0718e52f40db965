package io.troika.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.client.Blob;
import io.troika.client.Bytes;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.server.cli.options.ExitCodes;
import io.troika.server.filestorage.ZodbPython;
import io.troika.server.node.OneNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Blobs beside a Data.fs, in and out; the real ZODB makes them, and says what came out. */
@Timeout(600)
class BlobExchangeTest {
  @TempDir Path directory;

  @RegisterExtension static final OneNode node = new OneNode();

  private ObjectStore store;
  private Path file;
  private Path blobs;
  private final TypedCommand troika = new TypedCommand();

  @BeforeEach
  void createStore() {
    store = node.newStore();
    file = directory.resolve("Data.fs");
    blobs = directory.resolve("Data.fs.blobs");
  }

  @ParameterizedTest
  @ValueSource(strings = {"bushy", "lawn"})
  void importAndExport_whatZodbWrote_isReadByZodbEqualAndGoneOnWith(String layout)
      throws Exception {
    ZodbPython zodb = ZodbPython.require();
    zodb.run("zodb_blobs.py", "make", file.toString(), blobs.toString(), layout);

    assertThat(execute("import", file.toString())).as(troika.err()).isEqualTo(ExitCodes.OK);
    assertThat(troika.out().lines())
        .anySatisfy(line -> assertThat(line).contains("18 records, 6 blobs, "))
        .anySatisfy(line -> assertThat(line).contains("18 records, 9 blobs: equal"));
    Path exported = directory.resolve("out.fs");
    assertThat(execute("export", exported.toString())).as(troika.err()).isEqualTo(ExitCodes.OK);
    assertThat(troika.out()).contains("18 records, 9 blobs, ", "18 records, 9 blobs: equal");

    List<String> expected = dump(zodb, file, blobs);
    assertThat(expected).filteredOn(line -> line.contains("\"blob\": \"")).hasSize(9);
    Path exportedBlobs = directory.resolve("out.fs.blobs");
    assertThat(dump(zodb, exported, exportedBlobs)).isEqualTo(expected);
    assertThat(exportedBlobs.resolve(".layout")).hasContent("bushy");
    zodb.run("zodb_blobs.py", "use", exported.toString(), exportedBlobs.toString());
  }

  @Test
  void import_blobThatIsMissing_isRefusedByNameAndGoneOnWithWhenItIsThere() throws Exception {
    ZodbPython zodb = ZodbPython.require();
    zodb.run("zodb_blobs.py", "make", file.toString(), blobs.toString(), "bushy");
    Path elsewhere = Files.move(blobs, directory.resolve("elsewhere"));

    assertThat(execute("import", file.toString())).isEqualTo(ExitCodes.FAILED);
    assertThat(troika.err()).contains("is a blob, and there is no directory of blobs", "--blobs");

    Path missing;
    try (Stream<Path> files = Files.walk(elsewhere)) {
      missing =
          files
              .filter(
                  each -> each.toString().contains("/0x04/") && each.toString().endsWith(".blob"))
              .max(Path::compareTo)
              .orElseThrow();
    }
    Path aside = Files.move(missing, directory.resolve("aside"));
    // An undo shares it: it is not asked for, but it is compared where it is there.
    assertThat(execute("import", "--blobs", elsewhere.toString(), file.toString()))
        .isEqualTo(ExitCodes.OK);
    Files.move(aside, missing);
    assertThat(execute("import", "--blobs", elsewhere.toString(), file.toString()))
        .isEqualTo(ExitCodes.OK);
    assertThat(troika.out()).contains("Nothing to import", "18 records, 9 blobs: equal");
  }

  @Test
  void import_missingBlobsAllowed_bringsTheRecords() throws Exception {
    ZodbPython zodb = ZodbPython.require();
    zodb.run("zodb_blobs.py", "make", file.toString(), blobs.toString(), "bushy");
    Files.move(blobs, directory.resolve("elsewhere"));

    assertThat(execute("import", "--allow-missing-blobs", file.toString())).isEqualTo(ExitCodes.OK);
    assertThat(troika.out()).contains("Read back 9 transactions, 18 records: equal");
  }

  @Test
  void import_blobThatChangedMeanwhile_is4() throws Exception {
    ZodbPython zodb = ZodbPython.require();
    zodb.run("zodb_blobs.py", "make", file.toString(), blobs.toString(), "bushy");
    assertThat(execute("import", file.toString())).isEqualTo(ExitCodes.OK);
    Path large;
    try (Stream<Path> files = Files.walk(blobs)) {
      large = files.filter(each -> each.toFile().length() == 140_000).findFirst().orElseThrow();
    }
    byte[] bytes = Files.readAllBytes(large);
    bytes[139_000] ^= 1;
    Files.delete(large);
    Files.write(large, bytes);

    assertThat(execute("import", file.toString())).isEqualTo(ExitCodes.NOT_VERIFIED);
    assertThat(troika.out()).contains("the blob of oid 0x3 differs");
  }

  /** A record that ZODB would not take for a blob's. */
  @Test
  void export_blobOfAJavaClient_comesInAgain() throws Exception {
    byte[] bytes = {1, 2, 3};
    Oid oid = store.run(tx -> tx.createBlob(Bytes.utf8("record"), new ByteArrayInputStream(bytes)));
    assertThat(execute("export", file.toString())).isEqualTo(ExitCodes.OK);

    store = node.newStore();
    assertThat(execute("import", file.toString())).isEqualTo(ExitCodes.OK);

    Blob copy = store.openBlob(oid, store.info().lastTid());
    assertThat(read(copy)).isEqualTo(bytes);
  }

  @Test
  void export_directoryOfBlobsIsThere_isRefusedAndLeftAlone() throws Exception {
    Path mine = Files.writeString(Files.createDirectory(blobs).resolve("mine"), "mine");

    assertThat(execute("export", file.toString())).isEqualTo(ExitCodes.FAILED);

    assertThat(troika.err()).contains("Data.fs.blobs: is there already");
    assertThat(mine).hasContent("mine");
    assertThat(file).doesNotExist();
  }

  private static byte[] read(Blob blob) throws IOException {
    try (InputStream stream = blob.stream()) {
      return stream.readAllBytes();
    }
  }

  private static List<String> dump(ZodbPython zodb, Path file, Path blobs) throws IOException {
    return zodb.run("zodb_blobs.py", "dump", file.toString(), blobs.toString());
  }

  private int execute(String command, String... arguments) {
    return troika.execute(
        Stream.concat(
                Stream.of(command, "-e", node.endpoints(), "-s", store.name()),
                Stream.of(arguments))
            .toArray(String[]::new));
  }
}
