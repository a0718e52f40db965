package io.troika.server.storage.rocksdb;

import io.troika.server.core.RevisionStore;
import io.troika.server.core.RevisionStoreContract;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/**
 * The contract with the newest revisions in the heap: all of them, and so few that most are not.
 */
class NewestRevisionsContractTest {
  @Nested
  class All extends RevisionStoreContract {
    @TempDir Path root;

    @Override
    protected RevisionStore createStore() throws IOException {
      return OwningStore.open(root, false, RocksSettings.DEFAULT.newestRevisionsBytes());
    }
  }

  @Nested
  class Few extends RevisionStoreContract {
    @TempDir Path root;

    @Override
    protected RevisionStore createStore() throws IOException {
      return OwningStore.open(root, false, 512);
    }
  }
}
