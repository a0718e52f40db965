package io.troika.server.cli.imports;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.client.Codec;
import io.troika.client.ObjectStore;
import io.troika.server.cli.TypedCommand;
import io.troika.server.cli.options.ExitCodes;
import io.troika.server.node.OneNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What {@code troika import} prints and how it ends. */
@Timeout(600)
class ImportCommandTest {
  @TempDir Path directory;

  @RegisterExtension static final OneNode node = new OneNode();

  private ObjectStore store;
  private final TypedCommand troika = new TypedCommand();

  @BeforeEach
  void createStore() {
    store = node.newStore();
  }

  @Test
  void import_wholeFile_saysWhatItDidAndVerified() throws IOException {
    Path file = ExampleFile.write(directory.resolve("Data.fs"), 30);

    assertThat(execute(file)).isEqualTo(ExitCodes.OK);

    assertThat(troika.out().lines())
        .satisfiesExactly(
            line ->
                assertThat(line).isEqualTo(file + ": 30 transactions, 42 records, 261 B of data"),
            line ->
                assertThat(line)
                    .matches("Imported 30 transactions, 42 records, 261 B in .* transactions/s\\)"),
            line -> assertThat(line).isEqualTo("Read back 30 transactions, 42 records: equal"));
    assertThat(troika.err()).isEmpty();
  }

  @Test
  void import_again_hasNothingToDo() throws IOException {
    Path file = ExampleFile.write(directory.resolve("Data.fs"), 30);
    execute(file);

    assertThat(execute(file)).isEqualTo(ExitCodes.OK);

    assertThat(troika.out()).contains("30 transactions are there already", "Nothing to import");
  }

  @Test
  void import_tornFile_saysWhatIsLeftOut() throws IOException {
    byte[] bytes = Files.readAllBytes(ExampleFile.write(directory.resolve("whole.fs"), 30));
    Path file = Files.write(directory.resolve("Data.fs"), Arrays.copyOf(bytes, bytes.length - 10));

    assertThat(execute(file)).isEqualTo(ExitCodes.OK);

    assertThat(troika.out()).contains("Left out: ", "from position", "Imported 29 transactions");
  }

  /** FileStorage would cut off all that follows the damaged length, and not say a word. */
  @Test
  void import_damagedLengthInTheMiddle_importsWhatIsBeforeAndFails() throws IOException {
    Path before = ExampleFile.write(directory.resolve("before.fs"), 10);
    byte[] bytes = Files.readAllBytes(ExampleFile.write(directory.resolve("Data.fs"), 30));
    int position = (int) Files.size(before);
    ByteBuffer.wrap(bytes).putLong(position + Long.BYTES, 1 << 30);
    Path file = Files.write(directory.resolve("Data.fs"), bytes);

    assertThat(execute(file)).isEqualTo(ExitCodes.FAILED);

    assertThat(troika.out()).contains("Read back 10 transactions");
    assertThat(troika.err()).contains(file + " is damaged at position " + position);
    assertThat(store.info().transactionCount()).isEqualTo(10);
  }

  @Test
  void import_damagedRecord_isRefusedWithFileAndPosition() throws IOException {
    byte[] bytes = Files.readAllBytes(ExampleFile.write(directory.resolve("whole.fs"), 30));
    Arrays.fill(bytes, bytes.length / 2, bytes.length / 2 + 60, (byte) 0x80);
    Path file = Files.write(directory.resolve("Data.fs"), bytes);

    assertThat(execute(file)).isEqualTo(ExitCodes.FAILED);

    assertThat(troika.err()).startsWith("troika: " + file + " at position ");
    assertThat(store.info().transactionCount()).isZero();
  }

  @Test
  void import_storageWithOtherData_isRefused() throws IOException {
    Path file = ExampleFile.write(directory.resolve("Data.fs"), 3);
    store.execute(tx -> tx.create("something else", Codec.UTF8));

    assertThat(execute(file)).isEqualTo(ExitCodes.FAILED);

    assertThat(troika.err()).startsWith("troika: storage " + store.name() + ": ");
  }

  /** The same tids, so there is nothing to import: only reading back can tell. */
  @Test
  void import_storageDiffersByOneByte_is4AndNamesIt() throws IOException {
    Path file = ExampleFile.write(directory.resolve("Data.fs"), 11);
    execute(file);
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 9] ^= 1; // the last byte of data
    Files.write(file, bytes);

    assertThat(execute(file)).isEqualTo(ExitCodes.NOT_VERIFIED);

    assertThat(troika.out())
        .contains("0 lost, 0 not in the file, 1 different")
        .contains("  transaction " + ExampleFile.tid(11) + ": oid 0xb differs");
  }

  @Test
  void import_noSuchFile_saysSo() {
    assertThat(execute(directory.resolve("no-such.fs"))).isEqualTo(ExitCodes.FAILED);
    assertThat(troika.err()).contains("no-such.fs");
  }

  private int execute(Path file) {
    return troika.execute("import", "-e", node.endpoints(), "-s", store.name(), file.toString());
  }
}
