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

/** Whether a transaction may have the blobs, and the stages, that it names. */
public final class StagedBlobs {
  private StagedBlobs() {}

  /** Whether it names any. */
  public static boolean areNamed(List<Write> writes, List<BlobReference> stages) {
    return !stages.isEmpty() || writes.stream().anyMatch(write -> write.blob() != null);
  }

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
      List<Write> writes,
      List<BlobReference> stages) {
    Check check = new Check(states, logTimeMillis, storage, transaction);
    Rejected refusal = check.refusal(stages);
    for (Write write : writes) {
      refusal = refusal == null ? check.refusal(write.oid(), write.blob()) : refusal;
    }
    return refusal;
  }

  /** The same for copies. */
  public static @Nullable Rejected refusal(
      Function<BlobKey, @Nullable BlobState> states,
      long logTimeMillis,
      RestoreTransactions command) {
    Check check = new Check(states, logTimeMillis, command.storage(), command.id());
    Rejected refusal = check.refusal(command.stages());
    for (RestoredTransaction transaction : command.transactions()) {
      for (RestoredRevision revision : transaction.revisions()) {
        refusal = refusal == null ? check.refusal(revision.oid(), revision.blob()) : refusal;
      }
    }
    return refusal;
  }

  private record Check(
      Function<BlobKey, @Nullable BlobState> states,
      long logTimeMillis,
      StorageId storage,
      TransactionId transaction) {

    @Nullable Rejected refusal(List<BlobReference> stages) {
      for (BlobReference each : stages) {
        Rejected refusal = refusal("stage " + each.id().part() + ": what it has", each);
        if (refusal != null) {
          return refusal;
        }
      }
      return null;
    }

    @Nullable Rejected refusal(Oid oid, @Nullable BlobReference wanted) {
      return wanted == null ? null : refusal("oid " + oid + ": its blob", wanted);
    }

    private @Nullable Rejected refusal(String what, BlobReference wanted) {
      if (!wanted.id().transaction().equals(transaction)) {
        return new Rejected(
            Reason.INVALID_TRANSACTION, what + " was staged for another transaction");
      }
      BlobState known = states.apply(new BlobKey(storage, wanted.id()));
      if (known == null || !known.isStaged() || known.isExpiredAt(logTimeMillis)) {
        return new Rejected(Reason.STAGING_LOST, what + " is not staged (any longer)");
      }
      if (known.content().equals(wanted)) {
        return null;
      }
      return new Rejected(
          Reason.STAGING_LOST,
          "%s has %d bytes, %d bytes are staged%s"
              .formatted(
                  what,
                  wanted.length(),
                  known.content().length(),
                  wanted.length() == known.content().length() ? " with another content" : ""));
    }
  }
}
