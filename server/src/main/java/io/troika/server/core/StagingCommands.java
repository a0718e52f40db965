package io.troika.server.core;

import io.troika.server.core.command.Command.CommitTransaction;
import io.troika.server.core.command.Command.RestoreTransactions;
import io.troika.server.core.command.Command.StageChunk;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.Rejected.Reason;
import io.troika.server.core.command.Outcome.Staged;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.BlobKey;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.BlobState;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.transaction.StagedBlobs;
import org.jspecify.annotations.Nullable;

/**
 * Takes the chunks of blobs ahead of the transactions that commit them, and says whether a
 * transaction may have the blobs that it names.
 */
final class StagingCommands {
  /** So many blobs can be staged in a group at a time: each is looked at with every entry. */
  static final int STAGED_MAX = 4_096;

  private final PendingChanges changes;
  private final PendingBlobs blobs;
  private final long logTimeMillis;

  StagingCommands(PendingChanges changes, long logTimeMillis) {
    this.changes = changes;
    this.blobs = changes.blobs();
    this.logTimeMillis = logTimeMillis;
  }

  Outcome apply(StageChunk command) {
    if (changes.storage(command.storage()) == null) {
      return Rejected.unknown(command.storage());
    }
    @Nullable TransactionOutcome decided = changes.outcome(command.blob().transaction());
    if (decided != null) {
      return decided;
    }
    BlobKey key = new BlobKey(command.storage(), command.blob());
    @Nullable BlobState known = blobs.state(key);
    if (known != null && (!known.isStaged() || known.isExpiredAt(logTimeMillis))) {
      return new Rejected(Reason.STAGING_LOST, key + ": used or expired, stage another one");
    }
    BlobReference content =
        known == null ? BlobReference.empty(command.blob(), command.chunkBytes()) : known.content();
    if (content.chunkBytes() != command.chunkBytes()) {
      return invalid(key + ": has chunks of %d bytes".formatted(content.chunkBytes()));
    }
    if (command.offset() > content.length()) {
      return new Staged(content);
    }
    boolean again = known != null && (command.offset() < content.length() || command.isEmpty());
    return again ? again(key, content, command) : append(content, known == null, command);
  }

  /** A chunk that came before is fine, if it is the same. */
  private Outcome again(BlobKey key, BlobReference content, StageChunk command) {
    if (content.length() == 0) {
      return new Staged(content);
    }
    @Nullable Bytes stored = blobs.chunk(key, command.chunk());
    return stored != null && stored.equals(command.data())
        ? new Staged(content)
        : invalid(key + ": has other bytes at offset " + command.offset());
  }

  private Outcome append(BlobReference content, boolean isNew, StageChunk command) {
    long inStorage = command.data().size();
    long inGroup = inStorage;
    int count = isNew ? 1 : 0;
    for (BlobState each : blobs.staged()) {
      inGroup += each.content().length();
      inStorage += each.storage().equals(command.storage()) ? each.content().length() : 0;
      count++;
    }
    StageChunk.Terms terms = command.terms();
    if (inStorage > terms.storageBytesMax() || inGroup > terms.groupBytesMax()) {
      return new Rejected(
          Reason.STAGING_FULL,
          "%s: %d bytes staged, %d in all; expected at most %d, %d in all"
              .formatted(
                  command.storage(),
                  inStorage,
                  inGroup,
                  terms.storageBytesMax(),
                  terms.groupBytesMax()));
    }
    if (count > STAGED_MAX) {
      return new Rejected(
          Reason.STAGING_FULL, "%d blobs are staged, expected no more".formatted(STAGED_MAX));
    }
    BlobReference longer = content.with(command.data());
    long expiresMillis = StorageCore.saturatedSum(logTimeMillis, terms.keepMillis());
    blobs.append(
        BlobState.staged(command.storage(), longer, expiresMillis),
        command.chunk(),
        command.data());
    return new Staged(longer);
  }

  /** Why the transaction can't have the blobs that it names, or null. */
  @Nullable Rejected refusal(CommitTransaction command) {
    return StagedBlobs.refusal(
        blobs::state,
        logTimeMillis,
        command.storage(),
        command.id(),
        command.writes(),
        command.stages());
  }

  /** The same for copies. */
  @Nullable Rejected refusal(RestoreTransactions command) {
    return StagedBlobs.refusal(blobs::state, logTimeMillis, command);
  }

  private static Rejected invalid(String message) {
    return new Rejected(Reason.INVALID_TRANSACTION, message);
  }
}
