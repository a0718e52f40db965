package io.troika.server.cli.backups;

import io.troika.client.Bytes;
import io.troika.client.Oid;
import io.troika.client.RecordedChange;
import io.troika.client.RestoredTransaction.Removed;
import io.troika.client.RestoredTransaction.Shared;
import io.troika.client.RestoredTransaction.Written;
import io.troika.client.Tid;
import io.troika.client.TransactionMetadata;
import io.troika.server.backup.BackupBlob;
import io.troika.server.backup.BackupTransaction;
import io.troika.server.core.command.Command.RestoredRevision;
import io.troika.server.core.command.Command.RestoredTransaction;
import java.util.ArrayList;
import java.util.List;

/** Between what the client says and what a backup holds. Nothing is copied but bytes. */
final class Conversions {
  private Conversions() {}

  /**
   * What is shared is kept as that: the transaction that it is shared with is in the same chain.
   */
  static RestoredRevision revision(RecordedChange change) {
    var oid = new io.troika.server.core.model.Oid(change.oid().value());
    if (!change.dataTid().isNone()) {
      var dataTid = new io.troika.server.core.model.Tid(change.dataTid().value());
      return new RestoredRevision(oid, null, dataTid);
    }
    return new RestoredRevision(oid, change.data().map(Conversions::bytes).orElse(null), null);
  }

  static io.troika.server.core.model.TransactionMetadata metadata(TransactionMetadata metadata) {
    return new io.troika.server.core.model.TransactionMetadata(
        bytes(metadata.user()), bytes(metadata.description()), bytes(metadata.extension()));
  }

  private static io.troika.server.core.model.Bytes bytes(Bytes bytes) {
    return io.troika.server.core.model.Bytes.copyOf(bytes.asByteBuffer());
  }

  static io.troika.client.RestoredTransaction transaction(BackupTransaction stored) {
    RestoredTransaction transaction = stored.transaction();
    List<io.troika.client.RestoredTransaction.Change> changes =
        new ArrayList<>(transaction.revisions().size());
    for (RestoredRevision revision : transaction.revisions()) {
      Oid oid = new Oid(revision.oid().value());
      if (revision.data() != null) {
        BackupBlob blob = stored.blobs().get(revision.oid());
        changes.add(
            blob == null
                ? new Written(oid, bytes(revision.data()))
                : new Written(oid, bytes(revision.data()), blob::open));
      } else if (revision.dataTid() != null) {
        changes.add(new Shared(oid, new Tid(revision.dataTid().value())));
      } else {
        changes.add(new Removed(oid));
      }
    }
    return new io.troika.client.RestoredTransaction(
        new Tid(transaction.tid().value()),
        transaction.status(),
        metadata(transaction.metadata()),
        changes);
  }

  private static TransactionMetadata metadata(
      io.troika.server.core.model.TransactionMetadata metadata) {
    return new TransactionMetadata(
        bytes(metadata.user()), bytes(metadata.description()), bytes(metadata.extension()));
  }

  private static Bytes bytes(io.troika.server.core.model.Bytes bytes) {
    return Bytes.copyOf(bytes.asByteBuffer());
  }
}
