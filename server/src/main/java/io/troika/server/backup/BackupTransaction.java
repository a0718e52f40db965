package io.troika.server.backup;

import io.troika.server.core.command.Command.RestoredTransaction;
import io.troika.server.core.model.Oid;
import java.util.Map;

/**
 * A transaction as it is in a backup.
 *
 * @param blobs of the objects that wrote one; looked up by oid, never iterated
 */
public record BackupTransaction(RestoredTransaction transaction, Map<Oid, BackupBlob> blobs) {
  public BackupTransaction {
    blobs = Map.copyOf(blobs);
  }
}
