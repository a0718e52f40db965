package io.troika.server.storage.rocksdb;

import io.troika.server.core.ChangeSet;
import java.nio.file.Path;
import java.util.Random;

/**
 * Goes on with a history where its store stands, flushes now and then and says so; to be killed.
 */
final class WritingProcess {
  static final long SEED = 77;
  static final int DATA_BYTES_MAX = 20_000;

  private static final int ENTRIES_MAX = 3_000;

  private WritingProcess() {}

  public static void main(String[] arguments) throws Exception {
    Random random = new Random();
    RandomHistory history = new RandomHistory(SEED, DATA_BYTES_MAX);
    RocksSettings settings = RocksSettings.ofMemory(8 << 20, 1 << 20);
    try (RocksResources resources = new RocksResources(settings);
        RocksRevisionStore store = RocksRevisionStore.open(Path.of(arguments[0]), resources)) {
      long applied = store.group().applied().index();
      for (long index = 0; index < ENTRIES_MAX; index++) {
        ChangeSet changes = history.next();
        if (index <= applied) {
          continue;
        }
        store.write(changes);
        if (random.nextInt(50) == 0) {
          System.out.println("flushed " + store.flush().index());
        }
      }
    }
  }
}
