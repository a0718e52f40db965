package io.troika.server.backup;

import static io.troika.server.backup.ExampleBackup.tid;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.backup.Manifest.Chain;
import io.troika.server.core.command.Command.RestoredRevision;
import io.troika.server.core.command.Command.RestoredTransaction;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written is read again; what is not as it was written is found, with its place. */
class BackupFilesTest {
  private static final Tid ALL = Tid.MAX;

  @TempDir Path directory;

  @Test
  void backup_ofSeveralRunsAndSegments_readsBackEqual() throws IOException {
    List<RestoredTransaction> first = ExampleBackup.transactions(1, 1, 40);
    List<RestoredTransaction> second = ExampleBackup.transactions(2, 41, 7);
    ExampleBackup.run(directory, first, 3);
    ExampleBackup.run(directory, second, 1);

    List<RestoredTransaction> all = new ArrayList<>(first);
    all.addAll(second);
    assertThat(ExampleBackup.readAll(directory, ALL)).isEqualTo(all);
    BackupCheck.Result result = BackupCheck.run(directory, BackupCheck.Progress.NONE);
    assertThat(result.isWhole()).isTrue();
    assertThat(result.segments()).isEqualTo(4);
    assertThat(result.transactions()).isEqualTo(47);
  }

  @Test
  void read_upToATid_endsThere() throws IOException {
    List<RestoredTransaction> all = ExampleBackup.transactions(1, 1, 40);
    ExampleBackup.run(directory, all, 3);

    assertThat(ExampleBackup.readAll(directory, tid(20))).isEqualTo(all.subList(0, 20));
    assertThat(ExampleBackup.readAll(directory, new Tid(tid(20).value() + 1)))
        .isEqualTo(all.subList(0, 20));
  }

  @Test
  void transaction_largerThanABlock_readsBackEqual() throws IOException {
    byte[] data = new byte[3 * SegmentWriter.BLOCK_BYTES];
    new Random(5).nextBytes(data);
    List<RestoredTransaction> transactions = new ArrayList<>();
    for (int i = 1; i <= 3; i++) {
      transactions.add(
          new RestoredTransaction(
              tid(i),
              ' ',
              TransactionMetadata.EMPTY,
              List.of(new RestoredRevision(new Oid(i), Bytes.wrap(data), null))));
    }

    ExampleBackup.run(directory, transactions, 1);

    assertThat(ExampleBackup.readAll(directory, ALL)).isEqualTo(transactions);
  }

  @Test
  void transaction_soLargeThatThereIsNoCopyOfIt_readsBackEqual() throws IOException {
    byte[] data = new byte[SegmentWriter.LARGE_BYTES];
    new Random(6).nextBytes(data);
    List<RestoredTransaction> transactions =
        new ArrayList<>(ExampleBackup.transactions(1, 1, 5)); // in the block before
    transactions.add(
        new RestoredTransaction(
            tid(6),
            'p',
            new TransactionMetadata(Bytes.utf8("user"), Bytes.EMPTY, Bytes.utf8("x")),
            List.of(
                new RestoredRevision(new Oid(1), Bytes.wrap(data), null),
                new RestoredRevision(new Oid(2), null, tid(1)),
                new RestoredRevision(new Oid(3), null, null),
                new RestoredRevision(new Oid(4), Bytes.utf8("small"), null))));
    transactions.addAll(ExampleBackup.transactions(2, 7, 5));

    ExampleBackup.run(directory, transactions, 1);

    assertThat(ExampleBackup.readAll(directory, ALL)).isEqualTo(transactions);
    assertThat(BackupCheck.run(directory, BackupCheck.Progress.NONE).isWhole()).isTrue();
  }

  @Test
  void verify_anyBitOfAnyFileFlipped_findsItAndNamesTheFile() throws IOException {
    ExampleBackup.run(directory, ExampleBackup.transactions(1, 1, 6), 2);

    for (Path file : files()) {
      byte[] bytes = Files.readAllBytes(file);
      for (int bit = 0; bit < bytes.length * Byte.SIZE; bit++) {
        flip(file, bytes, bit);
        assertFound(file, "bit " + bit);
      }
      Files.write(file, bytes);
    }
    assertThat(BackupCheck.run(directory, BackupCheck.Progress.NONE).isWhole()).isTrue();
  }

  @Test
  void verify_hundredRandomBitsOfALargerBackup_findsHundred() throws IOException {
    ExampleBackup.run(directory, ExampleBackup.transactions(7, 1, 4_000), 3);
    Random random = new Random(42);
    List<Path> files = files();
    int found = 0;
    for (int i = 0; i < 100; i++) {
      Path file = files.get(random.nextInt(files.size()));
      byte[] bytes = Files.readAllBytes(file);
      int bit = random.nextInt(bytes.length * Byte.SIZE);
      flip(file, bytes, bit);
      Damage damage = assertFound(file, "bit " + bit);
      assertThat(damage.offset()).isLessThanOrEqualTo(bit / Byte.SIZE);
      Files.write(file, bytes);
      found++;
    }
    assertThat(found).isEqualTo(100);
  }

  @Test
  void verify_anyFileCutOffAnywhere_findsItAndWhere() throws IOException {
    ExampleBackup.run(directory, ExampleBackup.transactions(3, 1, 4), 2);

    for (Path file : files()) {
      byte[] bytes = Files.readAllBytes(file);
      for (int size = 0; size < bytes.length; size++) {
        Files.write(file, Arrays.copyOf(bytes, size));
        Damage damage = assertFound(file, "cut to " + size);
        assertThat(damage.offset()).isLessThanOrEqualTo(size);
      }
      Files.write(file, Arrays.copyOf(bytes, bytes.length + 1));
      assertFound(file, "a byte longer");
      Files.write(file, bytes);
    }
  }

  @Test
  void verify_segmentMissing_isNamed() throws IOException {
    ExampleBackup.run(directory, ExampleBackup.transactions(3, 1, 9), 3);
    Files.delete(directory.resolve("0001-000002.segment"));

    assertThat(BackupCheck.run(directory, BackupCheck.Progress.NONE).damages())
        .singleElement()
        .satisfies(
            damage -> {
              assertThat(damage.file()).isEqualTo("0001-000002.segment");
              assertThat(damage.found()).contains("missing");
            });
  }

  @Test
  void verify_segmentsExchanged_isFound() throws IOException {
    ExampleBackup.run(directory, ExampleBackup.transactions(3, 1, 9), 3);
    Path first = directory.resolve("0001-000001.segment");
    Path second = directory.resolve("0001-000002.segment");
    byte[] bytes = Files.readAllBytes(first);
    Files.write(first, Files.readAllBytes(second));
    Files.write(second, bytes);

    assertThat(BackupCheck.run(directory, BackupCheck.Progress.NONE).damages()).hasSize(2);
  }

  @Test
  void verify_linesOfTheManifestGone_isFound() throws IOException {
    ExampleBackup.run(directory, ExampleBackup.transactions(3, 1, 9), 3);
    Path manifest = directory.resolve(BackupDirectory.MANIFEST);
    List<String> lines = Files.readAllLines(manifest, US_ASCII);
    for (int i = 0; i < lines.size(); i++) {
      List<String> fewer = new ArrayList<>(lines);
      fewer.remove(i);
      Files.writeString(manifest, String.join("\n", fewer) + "\n");
      assertFound(manifest, "without line " + i);
    }
  }

  @Test
  void list_noBackup_saysSo() {
    assertThatThrownBy(() -> BackupDirectory.read(directory))
        .isInstanceOf(BackupException.class)
        .hasMessageContaining("there is no backup in " + directory);
  }

  @Test
  void open_directoryOfSomethingElse_isRefusedAndLeftAlone() throws IOException {
    Path mine = Files.writeString(directory.resolve("letter.txt"), "mine");

    assertThatThrownBy(() -> BackupDirectory.open(directory, "main"))
        .isInstanceOf(BackupException.class)
        .hasMessageContaining("letter.txt");

    assertThat(mine).hasContent("mine");
    assertThat(directory.toFile().list()).containsExactly("letter.txt");
  }

  @Test
  void open_backupOfAnotherStorage_isRefused() throws IOException {
    ExampleBackup.run(directory, ExampleBackup.transactions(3, 1, 9), 1);

    assertThatThrownBy(() -> BackupDirectory.open(directory, "other"))
        .hasMessageContaining("has a backup of storage 'main'");
  }

  @Test
  void open_whileAnotherWritesIt_isRefused() throws IOException {
    try (BackupDirectory first = BackupDirectory.open(directory, "main")) {
      assertThat(first.manifest().chains()).isEmpty();
      assertThatThrownBy(() -> BackupDirectory.open(directory, "main"))
          .hasMessageContaining("another process");
    }
    BackupDirectory.open(directory, "main").close();
  }

  /** What a crash leaves: a part, a segment that no manifest names, a manifest of before. */
  @Test
  void run_afterAnInterruptedOne_goesOnAndIsWhole() throws IOException {
    List<RestoredTransaction> all = ExampleBackup.transactions(3, 1, 30);
    try (BackupDirectory backup = BackupDirectory.open(directory, "main")) {
      boolean unused = backup.select(ExampleBackup.HISTORY, 1);
      ExampleBackup.write(backup, all.subList(0, 10), 1);
    }
    Files.writeString(directory.resolve("0001-000002.segment"), "not named by the manifest");
    Files.writeString(directory.resolve("0001-000003.segment.part"), "torn");
    assertThat(requireNonNull(BackupDirectory.read(directory).lastChain()).lastPoint()).isNull();

    try (BackupDirectory backup = BackupDirectory.open(directory, "main")) {
      assertThat(backup.select(ExampleBackup.HISTORY, 1)).isFalse();
      assertThat(backup.chain().reached()).isEqualTo(tid(10));
      ExampleBackup.write(backup, all.subList(10, 30), 1);
      backup.addPoint(ExampleBackup.NOON, tid(30), Tid.NONE);
    }

    assertThat(ExampleBackup.readAll(directory, ALL)).isEqualTo(all);
    assertThat(BackupCheck.run(directory, BackupCheck.Progress.NONE).isWhole()).isTrue();
  }

  @Test
  void select_anotherEpoch_beginsAnotherChain() throws IOException {
    ExampleBackup.run(directory, ExampleBackup.transactions(3, 1, 9), 1);

    try (BackupDirectory backup = BackupDirectory.open(directory, "main")) {
      assertThat(backup.select(ExampleBackup.HISTORY, 2)).isTrue();
      assertThat(backup.chain().reached()).isEqualTo(Tid.NONE);
      ExampleBackup.write(backup, ExampleBackup.transactions(4, 1, 5), 1);
      backup.addPoint(ExampleBackup.NOON, tid(5), Tid.NONE);
    }

    Manifest manifest = BackupDirectory.read(directory);
    assertThat(manifest.chains()).extracting(Chain::epoch).containsExactly(1L, 2L);
    assertThat(ExampleBackup.readAll(directory, ALL))
        .isEqualTo(ExampleBackup.transactions(4, 1, 5));
    assertThat(BackupCheck.run(directory, BackupCheck.Progress.NONE).segments()).isEqualTo(2);
  }

  /** A pack between runs takes nothing from what earlier runs have, one within takes some. */
  @Test
  void horizon_isThatOfPacksBehindTheLastPoint() throws IOException {
    try (BackupDirectory backup = BackupDirectory.open(directory, "main")) {
      boolean unused = backup.select(ExampleBackup.HISTORY, 1);
      ExampleBackup.write(backup, ExampleBackup.transactions(1, 1, 10), 1);
      backup.addPoint(ExampleBackup.NOON, tid(10), Tid.NONE);
      ExampleBackup.write(backup, ExampleBackup.transactions(1, 11, 10), 1);
      backup.addPoint(ExampleBackup.NOON, tid(20), tid(5));
      ExampleBackup.write(backup, ExampleBackup.transactions(1, 21, 10), 1);
      backup.addPoint(ExampleBackup.NOON, tid(30), tid(25));
    }

    Chain chain = requireNonNull(BackupDirectory.read(directory).lastChain());
    assertThat(chain.horizonAt(tid(10))).isEqualTo(Tid.NONE);
    assertThat(chain.horizonAt(tid(20))).isEqualTo(Tid.NONE);
    assertThat(chain.horizonAt(tid(30))).isEqualTo(tid(25));
    assertThat(requireNonNull(chain.pointOf(tid(21))).tid()).isEqualTo(tid(30));
    assertThat(chain.pointOf(tid(31))).isNull();
  }

  @Test
  void name_ofAnyCharacters_isKept() throws IOException {
    String name = "Größe / 1 #x\nzwei";
    try (BackupDirectory backup = BackupDirectory.open(directory, name)) {
      boolean unused = backup.select(ExampleBackup.HISTORY, 1);
      backup.addPoint(ExampleBackup.NOON, Tid.NONE, Tid.NONE);
    }

    assertThat(BackupDirectory.read(directory).storage()).isEqualTo(name);
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> !file.endsWith("LOCK")).sorted().toList();
    }
  }

  private static void flip(Path file, byte[] bytes, int bit) throws IOException {
    byte[] flipped = bytes.clone();
    flipped[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
    Files.write(file, flipped);
  }

  private Damage assertFound(Path file, String how) throws IOException {
    List<Damage> damages = BackupCheck.run(directory, BackupCheck.Progress.NONE).damages();
    assertThat(damages).as("%s %s", file.getFileName(), how).hasSize(1);
    assertThat(damages.get(0).file()).isEqualTo(file.getFileName().toString());
    return damages.get(0);
  }
}
