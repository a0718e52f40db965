package io.troika.server.cli.imports;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.client.ObjectStore;
import io.troika.server.cli.output.TransactionProgress;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.filestorage.FileStorageWriter;
import io.troika.server.node.OneNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A storage that has almost what the file has: every difference must be found. */
@Timeout(600)
class ImportVerificationTest {
  private static final int BEFORE = 40;
  private static final int PLANTED = BEFORE + 1;
  private static final int AFTER = 45;

  @TempDir Path directory;

  @RegisterExtension static final OneNode node = new OneNode();

  /** Writes the one transaction in which two files differ. */
  private interface Step {
    void write(ExampleFile file) throws IOException;
  }

  private interface Records {
    void write(FileStorageWriter writer) throws IOException;
  }

  private static Step step(char status, String description, Records records) {
    return file -> {
      file.begin(PLANTED, status, description);
      records.write(file.writer());
      file.writer().endTransaction();
    };
  }

  private static final Step USUAL =
      step(
          ' ',
          "usual",
          writer -> {
            writer.writeShared(new Oid(10), ExampleFile.tid(10));
            writer.writeData(new Oid(100), Bytes.utf8("data"));
          });

  static Stream<Arguments> differences() {
    Records same =
        writer -> {
          writer.writeShared(new Oid(10), ExampleFile.tid(10));
          writer.writeData(new Oid(100), Bytes.utf8("data"));
        };
    return Stream.of(
        Arguments.of(
            "one byte of the data",
            step(
                ' ',
                "usual",
                w -> {
                  w.writeShared(new Oid(10), ExampleFile.tid(10));
                  w.writeData(new Oid(100), Bytes.utf8("dbta"));
                })),
        Arguments.of(
            "the same data, not shared",
            step(
                ' ',
                "usual",
                w -> {
                  w.writeData(new Oid(10), Bytes.utf8("object 10"));
                  w.writeData(new Oid(100), Bytes.utf8("data"));
                })),
        Arguments.of(
            "absent in place of data",
            step(
                ' ',
                "usual",
                w -> {
                  w.writeShared(new Oid(10), ExampleFile.tid(10));
                  w.writeAbsent(new Oid(100));
                })),
        Arguments.of(
            "another object",
            step(
                ' ',
                "usual",
                w -> {
                  w.writeShared(new Oid(10), ExampleFile.tid(10));
                  w.writeData(new Oid(101), Bytes.utf8("data"));
                })),
        Arguments.of(
            "one object more",
            step(
                ' ',
                "usual",
                w -> {
                  same.write(w);
                  w.writeData(new Oid(101), Bytes.utf8("data"));
                })),
        Arguments.of("the description", step(' ', "unusual", same)),
        Arguments.of("the status", step('p', "usual", same)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("differences")
  void run_transactionDiffers_isFound(String what, Step planted) throws Exception {
    ObjectStore store = imported(write("planted.fs", planted));

    ImportVerification.Result result = verify(write("Data.fs", USUAL), store);

    assertThat(result.isEqual()).isFalse();
    assertThat(result.different()).isEqualTo(1);
    assertThat(result.lost() + result.extra()).isZero();
    assertThat(result.differences())
        .singleElement()
        .asString()
        .contains(ExampleFile.tid(PLANTED).toString());
  }

  @Test
  void run_transactionMissing_isLost() throws Exception {
    ObjectStore store = imported(write("planted.fs", file -> {}));

    ImportVerification.Result result = verify(write("Data.fs", USUAL), store);

    assertThat(result.lost()).isEqualTo(1);
    assertThat(result.extra() + result.different()).isZero();
  }

  @Test
  void run_lastTransactionsMissing_areLost() throws Exception {
    ObjectStore store = imported(ExampleFile.write(directory.resolve("planted.fs"), 20));

    ImportVerification.Result result =
        verify(ExampleFile.write(directory.resolve("Data.fs"), 25), store);

    assertThat(result.lost()).isEqualTo(5);
    assertThat(result.extra() + result.different()).isZero();
  }

  @Test
  void run_transactionTooMany_isExtra() throws Exception {
    ObjectStore store = imported(write("planted.fs", USUAL));

    ImportVerification.Result result = verify(write("Data.fs", file -> {}), store);

    assertThat(result.extra()).isEqualTo(1);
    assertThat(result.lost() + result.different()).isZero();
  }

  @Test
  void run_same_isEqualAndCounts() throws Exception {
    Path file = write("Data.fs", USUAL);

    ImportVerification.Result result = verify(file, imported(file));

    assertThat(result.isEqual()).isTrue();
    assertThat(result.transactions()).isEqualTo(AFTER);
    assertThat(result.objects())
        .isEqualTo(
            CheckedFile.of(file, io.troika.client.Tid.NONE, TransactionProgress.NONE)
                .summary()
                .records());
  }

  private Path write(String name, Step planted) throws IOException {
    Path path = directory.resolve(name);
    try (ExampleFile file = ExampleFile.create(path)) {
      file.history(1, BEFORE);
      planted.write(file);
      file.history(PLANTED + 1, AFTER);
    }
    return path;
  }

  private ObjectStore imported(Path path) throws IOException, ImportException {
    ObjectStore store = node.newStore();
    CheckedFile file = FileStorageImport.check(path, store, TransactionProgress.NONE);
    FileStorageImport.run(file, store, TransactionProgress.NONE);
    return store;
  }

  private static ImportVerification.Result verify(Path path, ObjectStore store)
      throws IOException, ImportException {
    CheckedFile file = CheckedFile.of(path, io.troika.client.Tid.NONE, TransactionProgress.NONE);
    return ImportVerification.run(file, store, TransactionProgress.NONE);
  }
}
