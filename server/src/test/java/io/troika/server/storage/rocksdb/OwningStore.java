package io.troika.server.storage.rocksdb;

import io.troika.server.core.ChangeSet;
import io.troika.server.core.ForwardingStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** A store with resources of its own that can flush after each write, so that reads see tables. */
final class OwningStore extends ForwardingStore {
  private final RocksResources resources;
  private final RocksRevisionStore store;
  private final boolean flushing;

  private OwningStore(RocksResources resources, RocksRevisionStore store, boolean flushing) {
    super(store);
    this.resources = resources;
    this.store = store;
    this.flushing = flushing;
  }

  /**
   * Opens one.
   *
   * @param newestRevisionsBytes 0: whatever is asked is read from the database
   */
  static OwningStore open(Path root, boolean flushing, long newestRevisionsBytes)
      throws IOException {
    RocksSettings settings = RocksSettings.DEFAULT;
    RocksResources resources =
        new RocksResources(
            new RocksSettings(
                settings.blockCacheBytes(),
                settings.memtableBytes(),
                settings.openFilesMax(),
                settings.backgroundThreads(),
                newestRevisionsBytes));
    return new OwningStore(resources, RocksRevisionStore.open(root, resources), flushing);
  }

  @Override
  public void write(ChangeSet changes) {
    super.write(changes);
    if (flushing) {
      try {
        store.flush();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Override
  public void close() {
    super.close();
    resources.close();
  }
}
