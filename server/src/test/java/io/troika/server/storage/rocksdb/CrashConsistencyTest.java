package io.troika.server.storage.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.ChangeSet;
import io.troika.server.core.model.LogPosition;
import io.troika.server.storage.memory.MemoryRevisionStore;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What a crash leaves is the state after one earlier change set, whole, and replay completes it.
 */
class CrashConsistencyTest {
  private static final int ENTRIES = 300;

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

  /** The small memtables of the last rows are flushed in the background all the time. */
  @ParameterizedTest(name = "seed {0}, data up to {1} bytes, memtables of {2} MiB")
  @CsvSource({"1,200,64", "2,200,64", "3,40000,64", "4,60000,1", "5,3000,1"})
  void copyOfTheFilesWithoutClosing_isTheFlushedState_andReplayCompletesIt(
      long seed, int dataBytesMax, int memtableMebibytes) throws IOException {
    Random random = new Random(seed);
    List<ChangeSet> history = RandomHistory.of(seed, dataBytesMax, ENTRIES);
    RocksSettings settings = RocksSettings.ofMemory(8 << 20, (long) memtableMebibytes << 20);
    try (RocksResources own = new RocksResources(settings);
        RocksRevisionStore store = RocksRevisionStore.open(directory.resolve("live"), own)) {
      for (int i = 0; i < ENTRIES; i++) {
        store.write(history.get(i));
        if (random.nextInt(40) == 0) {
          assertThat(store.flush().index()).isEqualTo(i);
        }
        if (random.nextInt(40) == 0) {
          LogPosition flushedBefore = store.flushedPosition();
          Path crashed = directory.resolve("crashed-" + i);
          copyAsACrashWould(directory.resolve("live"), crashed);
          LogPosition flushedAfter = store.flushedPosition();
          checkCrashed(crashed, history, i, flushedBefore, flushedAfter);
        }
      }
    }
  }

  /** RocksDB's own answer comes too early in three of a thousand flushes. */
  @Test
  void flush_amongFlushesInTheBackground_answersWhenAllIsOnDisk() throws IOException {
    RandomHistory history = new RandomHistory(1, 3_000);
    RocksSettings settings = RocksSettings.ofMemory(8 << 20, 1 << 20);
    Random random = new Random(1);
    try (RocksResources own = new RocksResources(settings);
        RocksRevisionStore store = RocksRevisionStore.open(directory.resolve("live"), own)) {
      for (int i = 0; i < ENTRIES * 10; i++) {
        store.write(history.next());
        if (random.nextInt(3) == 0) {
          assertThat(store.flush()).isEqualTo(store.flushedPosition());
        }
      }
    }
  }

  private void checkCrashed(
      Path crashed,
      List<ChangeSet> history,
      int appliedIndex,
      LogPosition atLeast,
      LogPosition atMost)
      throws IOException {
    try (RocksRevisionStore store = RocksRevisionStore.open(crashed, resources);
        MemoryRevisionStore model = new MemoryRevisionStore()) {
      LogPosition found = store.group().applied();
      assertThat(found).isBetween(atLeast, atMost);
      int entries = (int) found.index() + 1;
      history.subList(0, entries).forEach(model::write);
      assertThat(StateDump.of(store)).isEqualTo(StateDump.of(model));
      store.verify();

      for (ChangeSet replayed : history.subList(entries, appliedIndex + 1)) {
        store.write(replayed);
        model.write(replayed);
      }
      assertThat(StateDump.of(store)).isEqualTo(StateDump.of(model));
      store.verify();
    }
  }

  /**
   * Copies the files of a database that is in use. RocksDB switches to a new version by appending
   * to MANIFEST, and deletes files only afterwards: CURRENT and MANIFEST are copied first, so that
   * what they name was there, and it is done again when a named file was deleted in between.
   */
  private static void copyAsACrashWould(Path live, Path crashed) throws IOException {
    while (!triedToCopy(live.resolve("db"), crashed.resolve("db"))) {
      DurableFiles.deleteRecursively(crashed);
    }
  }

  private static boolean triedToCopy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    List<String> names = DurableFiles.namesIn(from);
    for (String name : names) {
      if (name.equals("CURRENT") || name.startsWith("MANIFEST")) {
        Files.copy(from.resolve(name), to.resolve(name));
      }
    }
    for (String name : names) {
      boolean isTable = name.endsWith(".sst") || name.endsWith(".blob") || name.startsWith("OPT");
      if (isTable) {
        try {
          Files.copy(from.resolve(name), to.resolve(name));
        } catch (java.nio.file.NoSuchFileException deletedMeanwhile) {
          return false;
        }
      }
    }
    return names.equals(DurableFiles.namesIn(from));
  }

  /** A child process writes as fast as it can until the operating system kills it. */
  @Test
  void processKilledWhileWriting_reopened_isTheStateAfterOneEntryNotBeforeTheReportedFlush()
      throws Exception {
    List<ChangeSet> history =
        RandomHistory.of(WritingProcess.SEED, WritingProcess.DATA_BYTES_MAX, ENTRIES * 10);
    Path root = directory.resolve("killed");
    long startAt = 0;
    for (int round = 0; round < 4; round++) {
      long flushedIndex = killAfterSomeFlushes(root, 2 + round);
      try (RocksRevisionStore store = RocksRevisionStore.open(root, resources);
          MemoryRevisionStore model = new MemoryRevisionStore()) {
        long found = store.group().applied().index();
        assertThat(found).isGreaterThanOrEqualTo(flushedIndex).isGreaterThan(startAt);
        history.subList(0, (int) found + 1).forEach(model::write);
        assertThat(StateDump.of(store)).isEqualTo(StateDump.of(model));
        store.verify();
        startAt = found;
      }
    }
  }

  private static long killAfterSomeFlushes(Path root, int flushes) throws Exception {
    Path temporary = Files.createDirectories(root.resolveSibling("temporary"));
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "-Djava.io.tmpdir=" + temporary,
                "-cp",
                System.getProperty("java.class.path"),
                WritingProcess.class.getName(),
                root.toString())
            .redirectErrorStream(true)
            .start();
    try (BufferedReader output =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      long flushedIndex = -1;
      for (int i = 0; i < flushes; i++) {
        String line = Objects.requireNonNull(output.readLine(), "the process ended by itself");
        assertThat(line).startsWith("flushed ");
        flushedIndex = Long.parseLong(line.substring("flushed ".length()));
      }
      assertThat(temporary).as("what a killed process would leave").isEmptyDirectory();
      return flushedIndex;
    } finally {
      process.destroyForcibly();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }
  }
}
