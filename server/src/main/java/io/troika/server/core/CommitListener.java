package io.troika.server.core;

import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.TransactionRecord;

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
        public void committed(StorageId storage, TransactionRecord transaction) {}
      };

  /** A storage came to be; before any of its transactions is announced. */
  void storageCreated(StorageState storage);

  /** A transaction was committed or restored; in tid order within its storage. */
  void committed(StorageId storage, TransactionRecord transaction);
}
