package io.troika.server.service.commit;

import static io.troika.server.service.refusals.RequestRefusedException.Reason.TOO_MANY_OBJECTS;
import static io.troika.server.service.refusals.RequestRefusedException.Reason.TRANSACTION_TOO_LARGE;

import io.troika.server.config.NodeConfig.LimitsConfig;
import io.troika.server.core.model.TransactionId;
import io.troika.server.service.ports.ReplicatedLog;
import io.troika.server.service.refusals.RequestRefusedException;

/** How large a transaction may be, and its parts. Safe for any thread. */
public final class TransactionLimits {
  private final LimitsConfig limits;
  private final ReplicatedLog log;

  TransactionLimits(LimitsConfig limits, ReplicatedLog log) {
    this.limits = limits;
    this.log = log;
  }

  /**
   * Refuses what is too large.
   *
   * @throws RequestRefusedException TOO_MANY_OBJECTS, TRANSACTION_TOO_LARGE
   */
  void require(Submission submission) {
    if (submission.partCount() > limits.transactionObjectsMax()) {
      throw RequestRefusedException.overLimit(
          TOO_MANY_OBJECTS,
          "transaction %s: %s reads, writes, deletes and undos, the limit is %s"
              .formatted(submission.id(), submission.partCount(), limits.transactionObjectsMax()),
          limits.transactionObjectsMax(),
          submission.partCount());
    }
    long sizeBytes = submission.sizeBytes();
    if (sizeBytes > log.commandBytesMax()) {
      throw RequestRefusedException.overLimit(
          TRANSACTION_TOO_LARGE,
          ("transaction %s: about %s bytes, the limit of a log entry is %s bytes; more has to be"
                  + " staged ahead")
              .formatted(submission.id(), sizeBytes, log.commandBytesMax()),
          log.commandBytesMax(),
          sizeBytes);
    }
    long stagedBytes = submission.stagedBytes();
    if (stagedBytes > 0) {
      requireBytes(submission.id(), stagedBytes + sizeBytes);
      requireLoadable(submission);
    }
  }

  /** A record is loaded in one message, so it may be as large as if it were not staged. */
  private void requireLoadable(Submission submission) {
    int recordBytes = submission.stagedRecordBytesMax();
    if (recordBytes > log.commandBytesMax()) {
      throw RequestRefusedException.overLimit(
          TRANSACTION_TOO_LARGE,
          "transaction %s: a record of %s bytes, the limit is that of a log entry, %s bytes"
              .formatted(submission.id(), recordBytes, log.commandBytesMax()),
          log.commandBytesMax(),
          recordBytes);
    }
  }

  /**
   * Refuses a transaction of so many bytes, staged and not, if it is too large.
   *
   * @throws RequestRefusedException TRANSACTION_TOO_LARGE
   */
  public void requireBytes(TransactionId id, long bytes) {
    long bytesMax = limits.staging().transactionBytesMax();
    if (bytes > bytesMax) {
      throw RequestRefusedException.overLimit(
          TRANSACTION_TOO_LARGE,
          "transaction %s: %s bytes, the limit (limits.transaction-size-max) is %s bytes"
              .formatted(id, bytes, bytesMax),
          bytesMax,
          bytes);
    }
  }
}
