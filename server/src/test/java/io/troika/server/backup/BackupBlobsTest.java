package io.troika.server.backup;

import static io.troika.server.backup.ExampleBackup.tid;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.backup.Manifest.BlobTotals;
import io.troika.server.backup.SegmentWriter.BlobInput;
import io.troika.server.core.command.Command.RestoredRevision;
import io.troika.server.core.command.Command.RestoredTransaction;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionMetadata;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Blobs in a backup: they are read as they were written, or the damage is found. */
class BackupBlobsTest {
  private static final int PART_BYTES = 16;
  private static final int[] SIZES = {0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 41};

  @TempDir Path directory;

  @Test
  void blobs_ofAnySizeOverSeveralRuns_readBackEqual() throws IOException {
    run(1, SIZES);
    run(10, 7, 8);

    List<byte[]> read = new ArrayList<>();
    try (BackupReader reader = open()) {
      for (BackupTransaction next = reader.next(); next != null; next = reader.next()) {
        for (RestoredRevision revision : next.transaction().revisions()) {
          BackupBlob blob = next.blobs().get(revision.oid());
          if (blob != null) {
            try (InputStream bytes = blob.open()) {
              read.add(bytes.readAllBytes());
            }
          }
        }
      }
    }

    int[] all = IntStream.concat(IntStream.of(SIZES), IntStream.of(7, 8)).toArray();
    assertThat(read)
        .containsExactly(Arrays.stream(all).mapToObj(this::bytes).toArray(byte[][]::new));
    BackupCheck.Result result = BackupCheck.run(directory, BackupCheck.Progress.NONE);
    assertThat(result.damages()).isEmpty();
    assertThat(result.blobs()).isEqualTo(new BlobTotals(all.length, Arrays.stream(all).sum()));
  }

  /** The block before is written ahead of its blobs. */
  @Test
  void blobs_ofATransactionThatIsABlockOfItsOwn_areBehindTheBlockBefore() throws IOException {
    Bytes large = Bytes.wrap(new byte[SegmentWriter.LARGE_BYTES]);
    try (BackupDirectory backup = BackupDirectory.open(directory, "main")) {
      boolean unused = backup.select(ExampleBackup.HISTORY, 1);
      try (SegmentWriter segment = backup.newSegment(PART_BYTES)) {
        segment.add(transaction(1, Bytes.utf8("small")), Map.of(new Oid(0), () -> stream(41)));
        segment.add(transaction(2, large), Map.of(new Oid(0), () -> stream(7)));
        segment.add(transaction(3, Bytes.utf8("small")), Map.of(new Oid(0), () -> stream(8)));
        backup.add(segment);
      }
    }

    BackupCheck.Result result = BackupCheck.run(directory, BackupCheck.Progress.NONE);
    assertThat(result.damages()).isEmpty();
    assertThat(result.blobs()).isEqualTo(new BlobTotals(3, 41 + 7 + 8));
    assertThat(ExampleBackup.readAll(directory, tid(3)))
        .containsExactly(
            transaction(1, Bytes.utf8("small")),
            transaction(2, large),
            transaction(3, Bytes.utf8("small")));
  }

  private InputStream stream(int size) {
    return new ByteArrayInputStream(bytes(size));
  }

  private static RestoredTransaction transaction(int number, Bytes data) {
    return new RestoredTransaction(
        tid(number),
        ' ',
        TransactionMetadata.EMPTY,
        List.of(new RestoredRevision(new Oid(0), data, null)));
  }

  @Test
  void verify_anyBitFlipped_findsItAndNamesTheFile() throws IOException {
    run(1, SIZES);

    for (Path file : files()) {
      byte[] bytes = Files.readAllBytes(file);
      for (int bit = 0; bit < bytes.length * Byte.SIZE; bit++) {
        byte[] flipped = bytes.clone();
        flipped[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
        Files.write(file, flipped);
        assertThat(BackupCheck.run(directory, BackupCheck.Progress.NONE).damages())
            .as("%s, bit %s", file, bit)
            .singleElement()
            .extracting(Damage::file)
            .isEqualTo(file.getFileName().toString());
      }
      Files.write(file, bytes);
    }
  }

  @Test
  void verify_fileCutOffAnywhere_findsIt() throws IOException {
    run(1, SIZES);
    Path file = directory.resolve("0001-000001.segment");
    byte[] bytes = Files.readAllBytes(file);
    for (int size = 0; size < bytes.length; size++) {
      Files.write(file, Arrays.copyOf(bytes, size));
      assertThat(BackupCheck.run(directory, BackupCheck.Progress.NONE).damages()).hasSize(1);
    }
  }

  /** Who restores reads a blob apart from the rest: its bytes are checked there too. */
  @Test
  void blob_anyBitOfItsBytesFlipped_throwsBeforeItsEnd() throws IOException {
    BackupBlob blob = onlyBlob();
    byte[] bytes = Files.readAllBytes(blob.segment());
    int frameBytes = SegmentFormat.FRAME_HEAD_BYTES + 3 * Long.BYTES + PART_BYTES + Integer.BYTES;
    for (int at = (int) blob.position(); at < blob.position() + 2L * frameBytes; at++) {
      byte[] flipped = bytes.clone();
      flipped[at] ^= 1;
      Files.write(blob.segment(), flipped);
      assertDamaged(blob);
    }
  }

  /** Its frames are as they were written, but they are not what the transaction named. */
  @Test
  void blob_otherThanItsTransactionSays_throwsBeforeItsEnd() throws IOException {
    BackupBlob blob = onlyBlob();
    Path segment = blob.segment();
    Bytes sha256 = blob.sha256();
    long at = blob.position();
    assertDamaged(
        new BackupBlob(segment, blob.tid(), blob.oid(), at, 41, Bytes.wrap(new byte[32])));
    assertDamaged(new BackupBlob(segment, blob.tid(), blob.oid(), at, 40, sha256));
    assertDamaged(new BackupBlob(segment, blob.tid(), blob.oid(), at, 42, sha256));
    assertDamaged(new BackupBlob(segment, tid(2), blob.oid(), at, 41, sha256));
    assertDamaged(new BackupBlob(segment, blob.tid(), new Oid(1), at, 41, sha256));
  }

  private BackupBlob onlyBlob() throws IOException {
    run(1, 41);
    try (BackupReader reader = open()) {
      return requireNonNull(requireNonNull(reader.next()).blobs().get(new Oid(0)));
    }
  }

  private static void assertDamaged(BackupBlob blob) {
    assertThatThrownBy(
            () -> {
              try (InputStream stream = blob.open()) {
                stream.readAllBytes();
              }
            })
        .isInstanceOf(DamagedBackupException.class);
  }

  @Test
  void add_blobThatCannotBeReadToItsEnd_leavesNoTrace() throws IOException {
    try (BackupDirectory backup = BackupDirectory.open(directory, "main")) {
      boolean unused = backup.select(ExampleBackup.HISTORY, 1);
      try (SegmentWriter segment = backup.newSegment(PART_BYTES)) {
        add(segment, 1, 20);
        long size = segment.sizeBytes();
        BlobInput broken =
            () ->
                new ByteArrayInputStream(new byte[100]) {
                  @Override
                  public synchronized byte[] readNBytes(int length) {
                    if (pos > 50) {
                      throw new UncheckedIOException(new IOException("lost"));
                    }
                    byte[] next = new byte[length];
                    int unusedCount = super.read(next, 0, length);
                    return next;
                  }
                };
        assertThatThrownBy(() -> segment.add(transaction(2, 2), Map.of(new Oid(1), broken)))
            .hasRootCauseMessage("lost");
        assertThat(segment.sizeBytes()).isEqualTo(size);
        add(segment, 2, 30);
        backup.add(segment);
      }
      backup.addPoint(ExampleBackup.NOON, tid(2), Tid.NONE);
    }

    BackupCheck.Result result = BackupCheck.run(directory, BackupCheck.Progress.NONE);
    assertThat(result.damages()).isEmpty();
    assertThat(result.blobs()).isEqualTo(new BlobTotals(2, 50));
  }

  /** One run: a transaction with one blob for each, but for the last two, which share one. */
  private void run(int first, int... sizes) throws IOException {
    try (BackupDirectory backup = BackupDirectory.open(directory, "main")) {
      boolean unused = backup.select(ExampleBackup.HISTORY, 1);
      int number = first;
      try (SegmentWriter segment = backup.newSegment(PART_BYTES)) {
        for (int i = 0; i < sizes.length; i++) {
          boolean isPair = i == sizes.length - 2;
          add(segment, number, isPair ? new int[] {sizes[i], sizes[i + 1]} : new int[] {sizes[i]});
          i += isPair ? 1 : 0;
          number++;
        }
        backup.add(segment);
      }
      backup.addPoint(ExampleBackup.NOON, tid(number - 1), Tid.NONE);
    }
  }

  private void add(SegmentWriter segment, int number, int... sizes) throws IOException {
    Map<Oid, BlobInput> inputs = new HashMap<>();
    for (int i = 0; i < sizes.length; i++) {
      byte[] bytes = bytes(sizes[i]);
      inputs.put(new Oid(i), () -> new ByteArrayInputStream(bytes));
    }
    segment.add(transaction(number, sizes.length), inputs);
  }

  private static RestoredTransaction transaction(int number, int objects) {
    List<RestoredRevision> revisions = new ArrayList<>();
    for (int i = 0; i < objects; i++) {
      revisions.add(new RestoredRevision(new Oid(i), Bytes.utf8("blob"), null));
    }
    revisions.add(new RestoredRevision(new Oid(9), Bytes.utf8("none"), null));
    return new RestoredTransaction(tid(number), ' ', TransactionMetadata.EMPTY, revisions);
  }

  private byte[] bytes(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  private BackupReader open() throws IOException {
    return BackupReader.open(
        directory, requireNonNull(BackupDirectory.read(directory).lastChain()), Tid.MAX);
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> !file.endsWith("LOCK")).sorted().toList();
    }
  }
}
