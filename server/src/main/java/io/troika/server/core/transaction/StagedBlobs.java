package io.troika.server.core.transaction;

import io.troika.server.core.command.Command.RestoreTransactions;
import io.troika.server.core.command.Command.RestoredRevision;
import io.troika.server.core.command.Command.RestoredTransaction;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.Rejected.Reason;
import io.troika.server.core.model.BlobKey;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.BlobState;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.TransactionId;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Whether a transaction may have the blobs that it names. */
public final class StagedBlobs {
  private StagedBlobs() {}

  /**
   * Why it may not, or null.
   *
   * @param states of blobs, null for one that is not there
   * @param logTimeMillis blobs that expire up to then are not there any more
   */
  public static @Nullable Rejected refusal(
      Function<BlobKey, @Nullable BlobState> states,
      long logTimeMillis,
      StorageId storage,
      TransactionId transaction,
      List<Write> writes) {
    for (Write write : writes) {
      BlobReference wanted = write.blob();
      Rejected refusal =
          wanted == null
              ? null
              : refusal(states, logTimeMillis, storage, transaction, write.oid(), wanted);
      if (refusal != null) {
        return refusal;
      }
    }
    return null;
  }

  /** The same for copies. */
  public static @Nullable Rejected refusal(
      Function<BlobKey, @Nullable BlobState> states,
      long logTimeMillis,
      RestoreTransactions command) {
    for (RestoredTransaction transaction : command.transactions()) {
      for (RestoredRevision revision : transaction.revisions()) {
        BlobReference wanted = revision.blob();
        Rejected refusal =
            wanted == null
                ? null
                : refusal(
                    states, logTimeMillis, command.storage(), command.id(), revision.oid(), wanted);
        if (refusal != null) {
          return refusal;
        }
      }
    }
    return null;
  }

  private static @Nullable Rejected refusal(
      Function<BlobKey, @Nullable BlobState> states,
      long logTimeMillis,
      StorageId storage,
      TransactionId transaction,
      Oid oid,
      BlobReference wanted) {
    if (!wanted.id().transaction().equals(transaction)) {
      return new Rejected(
          Reason.INVALID_TRANSACTION,
          "oid " + oid + ": its blob was staged for another transaction");
    }
    BlobState known = states.apply(new BlobKey(storage, wanted.id()));
    if (known == null || !known.isStaged() || known.isExpiredAt(logTimeMillis)) {
      return new Rejected(
          Reason.STAGING_LOST, "oid " + oid + ": its blob is not staged (any longer)");
    }
    if (!known.content().equals(wanted)) {
      return new Rejected(
          Reason.STAGING_LOST,
          "oid %s: a blob of %d bytes is wanted, one of %d bytes is staged%s"
              .formatted(
                  oid,
                  wanted.length(),
                  known.content().length(),
                  wanted.length() == known.content().length() ? " with another content" : ""));
    }
    return null;
  }
}
