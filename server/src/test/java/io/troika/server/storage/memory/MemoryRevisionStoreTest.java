package io.troika.server.storage.memory;

import io.troika.server.core.RevisionStore;
import io.troika.server.core.RevisionStoreContract;

/** The contract on the sorted maps. */
final class MemoryRevisionStoreTest extends RevisionStoreContract {
  @Override
  protected RevisionStore createStore() {
    return new MemoryRevisionStore();
  }
}
