package io.troika.server.storage.rocksdb;

import io.troika.server.core.RevisionStore;
import io.troika.server.core.RevisionStoreContract;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** The contract with everything in tables and blob files. */
class FlushedStoreContractTest extends RevisionStoreContract {
  @TempDir Path root;

  @Override
  protected RevisionStore createStore() throws IOException {
    return OwningStore.open(root, true, 0);
  }
}
