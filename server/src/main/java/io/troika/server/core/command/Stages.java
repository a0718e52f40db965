package io.troika.server.core.command;

import static io.troika.server.core.model.Checks.requireArgument;

import io.troika.server.core.command.Command.Write;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StagedData;
import io.troika.server.core.model.TransactionId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What must hold between a transaction and the stages that it names. */
public final class Stages {
  /** One is enough for a transaction; each vote that is repeated with new data adds one. */
  static final int COUNT_MAX = 64;

  private Stages() {}

  /**
   * Checks that the data of writes is within the stages that they name.
   *
   * @throws IllegalArgumentException if not
   */
  public static void requireValid(
      TransactionId id, List<BlobReference> stages, List<Write> writes) {
    requireOf(id, stages);
    requireWithin(stages, writes);
  }

  static void requireWithin(List<BlobReference> stages, List<Write> writes) {
    for (Write write : writes) {
      requireNamed(stages, write.oid(), write.staged());
      requireNoStage(stages, write.oid(), write.blob());
    }
  }

  /** What is counted as data is not a blob as well. */
  static void requireNoStage(List<BlobReference> stages, Oid oid, @Nullable BlobReference blob) {
    requireArgument(
        blob == null || stages.stream().noneMatch(each -> each.id().equals(blob.id())),
        "oid %s: its blob is a stage of the transaction",
        oid);
  }

  static void requireOf(TransactionId id, List<BlobReference> stages) {
    requireArgument(stages.size() <= COUNT_MAX, "%s stages: at most %s", stages.size(), COUNT_MAX);
    for (BlobReference each : stages) {
      requireArgument(
          each.id().transaction().equals(id), "stage %s: of another transaction", each.id());
      requireArgument(
          stages.stream().filter(other -> other.id().equals(each.id())).count() == 1,
          "stage %s: named twice",
          each.id());
    }
  }

  static void requireNamed(List<BlobReference> stages, Oid oid, @Nullable StagedData data) {
    if (data != null) {
      BlobReference stage = data.in(stages);
      requireArgument(
          stage != null && data.isWithin(stage),
          "oid %s: its %s bytes at %s are not within stage %s as it is named",
          oid,
          data.length(),
          data.offset(),
          data.stage());
    }
  }

  static int dataBytes(@Nullable Bytes data, @Nullable StagedData staged) {
    if (data != null) {
      return data.size();
    }
    return staged == null ? 0 : staged.length();
  }
}
