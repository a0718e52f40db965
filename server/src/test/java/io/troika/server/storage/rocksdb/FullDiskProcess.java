package io.troika.server.storage.rocksdb;

import io.troika.server.core.ChangeSet;
import io.troika.server.core.model.LogPosition;
import io.troika.server.storage.memory.MemoryRevisionStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Fills the disk that it is given until a write fails, makes room, opens the store again and goes
 * on where it stands. Says what it finds on the standard output.
 */
final class FullDiskProcess {
  private static final int ENTRIES = 5_000;
  private static final int FLUSH_EACH = 100;
  private static final int REPLAYED = 500;
  private static final int DATA_BYTES_MAX = 20_000;
  private static final int BALLAST_BYTES = 160 << 20;
  private static final long SEED = 78;

  private final Path root;
  private final List<ChangeSet> history = RandomHistory.of(SEED, DATA_BYTES_MAX, ENTRIES);
  private long flushedIndex = -1;

  private FullDiskProcess(Path root) {
    this.root = root;
  }

  /** Needs a small disk at the first argument: the ballast leaves about 16 MiB of 176. */
  public static void main(String[] arguments) throws Exception {
    Path disk = Path.of(arguments[0]);
    Path ballast = disk.resolve("ballast");
    Files.write(ballast, new byte[BALLAST_BYTES]);
    FullDiskProcess process = new FullDiskProcess(disk.resolve("store"));
    RocksSettings settings = RocksSettings.ofMemory(8 << 20, 4 << 20);
    try (RocksResources resources = new RocksResources(settings)) {
      process.writeUntilItFails(resources);
      Files.delete(ballast);
      process.goOn(resources);
    }
  }

  private void writeUntilItFails(RocksResources resources) throws Exception {
    try (RocksRevisionStore store = RocksRevisionStore.open(root, resources)) {
      int index = 0;
      try {
        for (; index < ENTRIES; index++) {
          store.write(history.get(index));
          if (index % FLUSH_EACH == FLUSH_EACH - 1) {
            flushedIndex = store.flush().index();
          }
        }
        System.out.println("not full");
      } catch (UncheckedIOException | IOException e) {
        System.out.println("failed: " + e.getMessage());
        // Whatever fails now must not be taken for done.
        System.out.println("again: " + failureOf(store, index + 1));
      }
      LogPosition durable = store.flushedPosition();
      System.out.println("durable as told: " + (durable.index() >= flushedIndex));
    }
  }

  private String failureOf(RocksRevisionStore store, int index) {
    try {
      store.write(history.get(index));
      store.flush();
      return "none";
    } catch (UncheckedIOException | IOException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private void goOn(RocksResources resources) throws Exception {
    try (RocksRevisionStore store = RocksRevisionStore.open(root, resources);
        MemoryRevisionStore model = new MemoryRevisionStore()) {
      int found = (int) store.group().applied().index();
      System.out.println("nothing flushed is lost: " + (found >= flushedIndex && found > 0));
      history.subList(0, found + 1).forEach(model::write);
      System.out.println("whole: " + StateDump.of(store).equals(StateDump.of(model)));
      for (ChangeSet replayed : history.subList(found + 1, found + 1 + REPLAYED)) {
        store.write(replayed);
        model.write(replayed);
      }
      store.flush();
      store.verify();
      System.out.println("replayed: " + StateDump.of(store).equals(StateDump.of(model)));
    }
  }
}
