package io.troika.server.service.commit;

import io.troika.server.core.RevisionReader;
import io.troika.server.core.command.Command;
import io.troika.server.core.command.Outcome.Conflict;
import io.troika.server.core.command.Outcome.ObjectConflict;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A client's transaction over several storages. */
record JointSubmission(JointRequest request) implements Submission {
  @Override
  public TransactionId id() {
    return request.id();
  }

  @Override
  public int partCount() {
    return request.shares().stream().mapToInt(TransactionRequest::partCount).sum();
  }

  @Override
  public long sizeBytes() {
    return request.shares().stream().mapToLong(TransactionRequest::sizeBytes).sum();
  }

  @Override
  public long stagedBytes() {
    return request.shares().stream().mapToLong(TransactionRequest::stagedBytes).sum();
  }

  @Override
  public int stagedRecordBytesMax() {
    return request.shares().stream()
        .mapToInt(TransactionRequest::stagedRecordBytesMax)
        .max()
        .orElse(0);
  }

  @Override
  public List<OidLocks.Wanted> locks(RevisionReader reader) {
    return request.shares().stream().map(share -> Submission.Commit.locks(reader, share)).toList();
  }

  @Override
  public List<Growth> growth() {
    return request.shares().stream().map(Submission.Commit::growth).toList();
  }

  /** A conflict that is certain in one storage is so for all of the transaction. */
  @Override
  public @Nullable TransactionOutcome certainOutcome(RevisionReader reader) {
    List<ObjectConflict> conflicts = new ArrayList<>(0);
    for (TransactionRequest share : request.shares()) {
      Conflict certain = SerialChecks.certainConflict(reader, share);
      if (certain != null) {
        certain.conflicts().forEach(each -> conflicts.add(each.in(share.storage())));
      }
    }
    return conflicts.isEmpty() ? null : new Conflict(conflicts);
  }

  @Override
  public @Nullable TransactionOutcome presentOutcome(RevisionReader reader) {
    return null; // nobody votes for it
  }

  @Override
  public Command toCommand(Tid candidate) {
    return request.toCommand(candidate);
  }
}
