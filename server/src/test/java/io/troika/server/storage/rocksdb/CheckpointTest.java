package io.troika.server.storage.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.troika.server.core.ChangeSet;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointTest {
  private static final StorageId STORAGE = new StorageId(1);
  private static final List<ChangeSet> HISTORY = RandomHistory.of(11, 40_000, 120);

  @TempDir Path directory;
  private RocksResources resources;

  @BeforeEach
  void openResources() {
    resources = new RocksResources(RocksSettings.DEFAULT);
  }

  @AfterEach
  void closeResources() {
    resources.close();
  }

  private RocksRevisionStore open(String name) throws IOException {
    return RocksRevisionStore.open(directory.resolve(name), resources);
  }

  /** A checkpoint after {@code entries} entries, and the dump of the state that it holds. */
  private List<String> checkpointAfter(int entries, Path checkpoint) throws IOException {
    try (RocksRevisionStore leader = open("leader-" + checkpoint.getFileName())) {
      HISTORY.subList(0, entries).forEach(leader::write);
      leader.checkpoint(checkpoint);
      return StateDump.of(leader);
    }
  }

  @Test
  void checkpoint_withLargeValues_isWholeAndIndependentOfItsStore() throws IOException {
    Path checkpoint = directory.resolve("checkpoint");
    List<String> expected;
    try (RocksRevisionStore store = open("live")) {
      HISTORY.subList(0, 60).forEach(store::write);
      expected = StateDump.of(store);
      LogPosition position = store.checkpoint(checkpoint);
      assertThat(position).isEqualTo(store.group().applied()).isEqualTo(store.flushedPosition());
      HISTORY.subList(60, 120).forEach(store::write);
    }
    DurableFiles.deleteRecursively(directory.resolve("live"));

    assertThat(DurableFiles.namesIn(checkpoint)).anyMatch(name -> name.endsWith(".blob"));
    assertThat(RocksRevisionStore.verifyCheckpoint(checkpoint).index()).isEqualTo(59);
    assertThat(RocksRevisionStore.readPosition(checkpoint).index()).isEqualTo(59);
    try (RocksRevisionStore other = open("other")) {
      assertThat(other.install(checkpoint).index()).isEqualTo(59);
      assertThat(StateDump.of(other)).isEqualTo(expected);
      other.verify();
    }
  }

  /** Those who must not wait ask for it: peers, on their connections. */
  @Test
  void flushedPosition_whileReplaced_isToldAtOnce() throws IOException {
    try (RocksRevisionStore store = open("live")) {
      HISTORY.subList(0, 30).forEach(store::write);
      LogPosition flushed = store.flush();
      assertThat(store.flushedPosition()).isEqualTo(flushed);

      LogPosition told =
          store.alone(
              () ->
                  CompletableFuture.supplyAsync(store::flushedPosition)
                      .completeOnTimeout(LogPosition.NONE, 60, TimeUnit.SECONDS)
                      .join());

      assertThat(told).isEqualTo(flushed);
    }
  }

  @Test
  void verifyCheckpoint_changesNothingInIt() throws IOException {
    Path checkpoint = directory.resolve("checkpoint");
    checkpointAfter(30, checkpoint);
    List<String> names = DurableFiles.namesIn(checkpoint);

    RocksRevisionStore.verifyCheckpoint(checkpoint);
    RocksRevisionStore.verifyCheckpoint(checkpoint);

    assertThat(DurableFiles.namesIn(checkpoint)).isEqualTo(names);
  }

  @Test
  void checkpoint_ofAnEmptyStore_isAtNone() throws IOException {
    Path checkpoint = directory.resolve("checkpoint");
    checkpointAfter(0, checkpoint);
    assertThat(RocksRevisionStore.verifyCheckpoint(checkpoint)).isEqualTo(LogPosition.NONE);
  }

  @Test
  void checkpoint_intoAnExistingDirectory_isRefusedAndLeavesIt() throws IOException {
    Path existing = Files.createDirectory(directory.resolve("existing"));
    Files.writeString(existing.resolve("precious"), "x");
    try (RocksRevisionStore store = open("live")) {
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(() -> store.checkpoint(existing))
          .withMessageContaining("exists already");
    }
    assertThat(existing.resolve("precious")).exists();
  }

  @Test
  void checkpoint_whileAnotherThreadWrites_isOfOneEntry() throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    try (RocksRevisionStore store = open("live")) {
      Thread writer =
          new Thread(
              () -> {
                HISTORY.forEach(store::write);
                done.set(true);
              });
      writer.start();
      for (int i = 0; !done.get() || i < 2; i++) {
        Path checkpoint = directory.resolve("checkpoint-" + i);
        LogPosition position = store.checkpoint(checkpoint);
        assertThat(RocksRevisionStore.verifyCheckpoint(checkpoint)).isEqualTo(position);
        try (RocksRevisionStore copy = open("copy-" + i)) {
          copy.install(checkpoint);
          copy.verify();
        }
      }
      writer.join();
    }
  }

  /** cubefs #1521: after an installation over old data, deleted rows came back. */
  @Test
  void install_overOldData_deletedRowsDoNotComeBack() throws IOException {
    Path checkpoint = directory.resolve("checkpoint");
    List<String> expected = checkpointAfter(50, checkpoint);
    try (RocksRevisionStore follower = open("follower")) {
      // Another history: rows that the checkpoint does not have, and others under its keys.
      RandomHistory.of(99, 40_000, 45).forEach(follower::write);
      follower.flush();
      RandomHistory.of(99, 40_000, 49).subList(45, 49).forEach(follower::write);

      follower.install(checkpoint);

      assertThat(StateDump.of(follower)).isEqualTo(expected);
      follower.verify();
      HISTORY.subList(50, 120).forEach(follower::write);
      follower.verify();
    }
    try (RocksRevisionStore follower = open("follower")) {
      follower.verify();
      assertThat(follower.group().applied().index()).isEqualTo(119);
    }
  }

  /** arcadedb #4754: after an installation the node was half alive. */
  @Test
  void install_aHundredTimes_thenWrite_works() throws IOException {
    List<ChangeSet> history = RandomHistory.of(12, 200, 120);
    try (RocksRevisionStore leader = open("leader");
        RocksRevisionStore follower = open("follower")) {
      history.subList(0, 10).forEach(leader::write);
      for (int i = 0; i < 100; i++) {
        leader.write(history.get(10 + i));
        Path checkpoint = directory.resolve("checkpoint-" + i);
        leader.checkpoint(checkpoint);
        assertThat(follower.install(checkpoint)).isEqualTo(leader.group().applied());
      }
      history.subList(110, 120).forEach(follower::write);
      history.subList(110, 120).forEach(leader::write);
      assertThat(StateDump.of(follower)).isEqualTo(StateDump.of(leader));
      follower.verify();
    }
  }

  @Test
  void install_withLeftoversOfAnotherTransfer_dropsThem() throws IOException {
    Path checkpoint = directory.resolve("checkpoint");
    List<String> expected = checkpointAfter(30, checkpoint);
    Files.writeString(checkpoint.resolve("000999.sst"), "of another checkpoint");
    try (RocksRevisionStore follower = open("follower")) {
      follower.install(checkpoint);
      assertThat(StateDump.of(follower)).isEqualTo(expected);
    }
    assertThat(directory.resolve("follower/db/000999.sst")).doesNotExist();
  }

  @Test
  void install_ofADamagedCheckpoint_isRefusedAndTheOldStateGoesOn() throws IOException {
    Path checkpoint = directory.resolve("checkpoint");
    checkpointAfter(50, checkpoint);
    flipBit(largestFile(checkpoint), 1234);
    try (RocksRevisionStore follower = open("follower")) {
      HISTORY.subList(0, 20).forEach(follower::write);
      List<String> before = StateDump.of(follower);

      assertThatExceptionOfType(IOException.class)
          .isThrownBy(() -> follower.install(checkpoint))
          .withMessageContaining("damaged");

      assertThat(StateDump.of(follower)).isEqualTo(before);
      follower.write(HISTORY.get(20));
    }
  }

  @Test
  void install_whileOthersRead_theyWaitAndSeeTheOldOrTheNewState() throws Exception {
    Path checkpoint = directory.resolve("checkpoint");
    checkpointAfter(100, checkpoint);
    AtomicBoolean done = new AtomicBoolean();
    try (RocksRevisionStore follower = open("follower")) {
      HISTORY.subList(0, 20).forEach(follower::write);
      Thread reader =
          new Thread(
              () -> {
                while (!done.get()) {
                  long index = follower.group().applied().index();
                  assertThat(index == 19 || index == 99).isTrue();
                  follower.history(STORAGE, new Oid(1), Tid.MAX, 100);
                }
              });
      Throwable[] failure = new Throwable[1];
      reader.setUncaughtExceptionHandler((thread, thrown) -> failure[0] = thrown);
      reader.start();
      follower.install(checkpoint);
      done.set(true);
      reader.join();
      assertThat(failure[0]).isNull();
    }
  }

  @Test
  void verifyCheckpoint_withoutManifest_isRefused() throws IOException {
    Path checkpoint = directory.resolve("checkpoint");
    checkpointAfter(10, checkpoint);
    Files.delete(checkpoint.resolve(CheckpointManifest.FILE_NAME));
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> RocksRevisionStore.verifyCheckpoint(checkpoint))
        .withMessageContaining("incomplete");
  }

  @Test
  void verifyCheckpoint_withAFileMissing_namesIt() throws IOException {
    Path checkpoint = directory.resolve("checkpoint");
    checkpointAfter(10, checkpoint);
    Path file = largestFile(checkpoint);
    Files.delete(file);
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> RocksRevisionStore.verifyCheckpoint(checkpoint))
        .withMessageContaining(file.getFileName() + " is missing");
  }

  @Test
  void verifyCheckpoint_withAManifestOfAnotherPosition_isRefused() throws IOException {
    Path checkpoint = directory.resolve("checkpoint");
    checkpointAfter(10, checkpoint);
    Files.delete(checkpoint.resolve(CheckpointManifest.FILE_NAME));
    CheckpointManifest.create(checkpoint, new LogPosition(9, 9_999), new FileChecksums());
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> RocksRevisionStore.verifyCheckpoint(checkpoint))
        .withMessageContaining("its manifest says (t:9, i:9999)");
  }

  /** Any bit of any file, the manifest's own included. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void verifyCheckpoint_withABitFlipped_isRefused(long seed) throws IOException {
    Random random = new Random(seed);
    Path checkpoint = directory.resolve("checkpoint");
    checkpointAfter(60, checkpoint);
    List<String> names = DurableFiles.namesIn(checkpoint);
    for (int i = 0; i < 40; i++) {
      Path file = checkpoint.resolve(names.get(random.nextInt(names.size())));
      if (Files.size(file) == 0) {
        continue;
      }
      long bit = random.nextLong(Files.size(file) * 8);
      flipBit(file, bit);
      assertThatExceptionOfType(IOException.class)
          .as("bit %s of %s", bit, file.getFileName())
          .isThrownBy(() -> RocksRevisionStore.verifyCheckpoint(checkpoint));
      flipBit(file, bit);
    }
    RocksRevisionStore.verifyCheckpoint(checkpoint);
  }

  @Test
  void verify_withABitFlippedInATable_findsIt() throws IOException {
    RandomHistory history = new RandomHistory(3, 300);
    try (RocksRevisionStore store = open("live")) {
      for (int i = 0; i < 200; i++) {
        store.write(history.next());
      }
      store.flush();
    }
    Path table = largestFile(directory.resolve("live/db"));
    flipBit(table, 8 * 2_000 + 3);
    try (RocksRevisionStore store = open("live")) {
      assertThatExceptionOfType(io.troika.server.core.model.InvariantViolation.class)
          .isThrownBy(store::verify)
          .withMessageContaining("damaged");
    }
  }

  @Test
  void verify_ofAStoreWhoseCountsAreWrong_namesThem() throws IOException {
    try (RocksRevisionStore store = open("live")) {
      ChangeSet first = HISTORY.stream().filter(c -> !c.revisions().isEmpty()).findFirst().get();
      store.write(
          new ChangeSet(
              first.group(),
              first.storages(),
              first.revisions().subList(1, first.revisions().size()),
              first.transactions(),
              first.outcomes(),
              List.of()));
      StoredRevision missing = first.revisions().get(0).revision();
      assertThatExceptionOfType(io.troika.server.core.model.InvariantViolation.class)
          .isThrownBy(store::verify)
          .withMessageContaining("oid " + missing.oid() + " has no revision")
          .withMessageContaining("objects, expected");
    }
  }

  private static Path largestFile(Path directory) throws IOException {
    Path largest = directory;
    long sizeBytes = -1;
    for (String name : DurableFiles.namesIn(directory)) {
      Path file = directory.resolve(name);
      if (Files.size(file) > sizeBytes && (name.endsWith(".sst") || name.endsWith(".blob"))) {
        largest = file;
        sizeBytes = Files.size(file);
      }
    }
    return largest;
  }

  private static void flipBit(Path file, long bit) throws IOException {
    try (RandomAccessFile content = new RandomAccessFile(file.toFile(), "rw")) {
      content.seek(bit / 8);
      int value = content.read();
      content.seek(bit / 8);
      content.write(value ^ (1 << (bit % 8)));
    }
  }
}
