package io.troika.server.core;

import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.TransactionRecord;
import java.util.List;

/**
 * Hears what became visible. Called by the applying thread, after the store shows the whole log
 * entry and before its outcomes are answered; must not block nor throw. After a restart, entries
 * that are replayed are announced again.
 */
public interface CommitListener {

  /** For whoever needs to hear nothing. */
  CommitListener NONE =
      new CommitListener() {
        @Override
        public void storageCreated(StorageState storage) {}

        @Override
        public void committed(StorageId storage, List<TransactionRecord> transactions) {}
      };

  /** A storage came to be; before any of its transactions is announced. */
  void storageCreated(StorageState storage);

  /** A storage is gone, with all that was in it; before anything else of the entry is announced. */
  default void storageDropped(StorageId storage) {}

  /** Which groups there are, or what is in them, has changed. */
  default void catalogChanged() {}

  /** What one log entry committed or restored in a storage: at least one, in tid order. */
  void committed(StorageId storage, List<TransactionRecord> transactions);
}
