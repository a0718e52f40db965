package io.troika.server.front.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.troika.api.v1.ErrorDetail;
import io.troika.api.v1.ErrorDetail.Code;
import io.troika.api.v1.ErrorFamily;
import io.troika.server.access.AccessRefusedException;
import io.troika.server.access.RateExceededException;
import io.troika.server.core.command.Outcome.Abandoned;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.Conflict;
import io.troika.server.core.command.Outcome.ObjectConflict;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.command.Outcome.UndoConflict;
import io.troika.server.core.command.Outcome.UndoObstacle;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.InvariantViolation;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.TransactionId;
import io.troika.server.service.commit.TransactionService;
import io.troika.server.service.refusals.DiskFullException;
import io.troika.server.service.refusals.HistoryReplacedException;
import io.troika.server.service.refusals.LaggingException;
import io.troika.server.service.refusals.LockTimeoutException;
import io.troika.server.service.refusals.NotLeaderException;
import io.troika.server.service.refusals.NotNowException;
import io.troika.server.service.refusals.OutcomeUnknownException;
import io.troika.server.service.refusals.OverloadedException;
import io.troika.server.service.refusals.RequestRefusedException;
import io.troika.server.service.refusals.StagingFullException;
import io.troika.server.service.refusals.StoppingException;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every error of the service as a gRPC status with an {@link ErrorDetail}. Whatever is not expected
 * becomes INTERNAL, with an id under which the log has the rest.
 */
final class ErrorMapping {
  private static final Logger LOG = LoggerFactory.getLogger(ErrorMapping.class);

  /**
   * Conflicts told when no data was asked for: they travel in the trailers, of which a plain client
   * takes 8 KiB, base64 included.
   */
  static final int CONFLICTS_MAX = 100;

  /** Likewise their bytes, which are more where they name storages. */
  private static final int CONFLICTS_BYTES_MAX = 3_200;

  /** Likewise the text, in UTF-8: it travels three times, once with three characters a byte. */
  static final int MESSAGE_BYTES_MAX = 1_000;

  /** Of one {@code char}. */
  private static final int UTF_8_BYTES_MAX = 3;

  /** Conflicts told when data was asked for: such a client takes large trailers. */
  static final int CONFLICTS_WITH_DATA_MAX = 10_000;

  /** Data sent along with conflicts, in all. */
  static final int CONFLICT_DATA_BYTES_MAX = 1 << 20;

  private static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

  private ErrorMapping() {}

  /** Whether these trailers carry a detail of ours already. */
  static boolean isMapped(Metadata trailers) {
    return trailers.containsKey(DETAILS);
  }

  /** The status of a failed call. */
  static StatusRuntimeException toStatus(Throwable failure) {
    if (failure instanceof CompletionException && failure.getCause() != null) {
      return toStatus(failure.getCause());
    }
    if (failure instanceof StatusRuntimeException mapped
        && mapped.getTrailers() != null
        && isMapped(mapped.getTrailers())) {
      return mapped;
    }
    if (failure instanceof RequestRefusedException refused) {
      return refused(refused);
    }
    if (failure instanceof NotNowException notNow) {
      return notNow(notNow);
    }
    if (failure instanceof HistoryReplacedException replaced) {
      return status(detail(ErrorFamily.CONFLICT_FAMILY, Code.HISTORY_REPLACED, text(replaced)));
    }
    if (failure instanceof OutcomeUnknownException unknown) {
      return status(detail(ErrorFamily.UNKNOWN_OUTCOME, Code.OUTCOME_UNKNOWN, text(unknown)));
    }
    if (failure instanceof AccessRefusedException refused) {
      return switch (refused.reason()) {
        case UNAUTHENTICATED -> mistake(Code.UNAUTHENTICATED, text(refused));
        case PERMISSION_DENIED -> mistake(Code.PERMISSION_DENIED, text(refused));
      };
    }
    if (failure instanceof RateExceededException exceeded) {
      return status(
          detail(ErrorFamily.NOT_NOW, Code.RATE_EXCEEDED, text(exceeded))
              .setRetryAfterMillis(Math.max(1, exceeded.retryAfter().toMillis())));
    }
    if (failure instanceof IllegalArgumentException argument) {
      return mistake(Code.INVALID_ARGUMENT, text(argument));
    }
    if (failure.getCause() instanceof InvalidProtocolBufferException malformed) {
      return mistake(Code.INVALID_ARGUMENT, "the message can't be read: " + malformed.getMessage());
    }
    return broken(failure);
  }

  /** As {@link #toStatus}, for a call about one transaction, which the detail names. */
  static StatusRuntimeException toStatus(Throwable failure, TransactionId transaction) {
    StatusRuntimeException mapped = toStatus(failure);
    ErrorDetail detail = detailOf(mapped);
    return detail == null
        ? mapped
        : status(detail.toBuilder().setTransaction(ToProto.transactionId(transaction)));
  }

  /**
   * The status of a transaction that was answered, but not committed.
   *
   * @param names of storages, for conflicts of transactions over several
   * @param currentData what is committed now of a conflict's object, or null; asked for at most
   *     {@value #CONFLICT_DATA_BYTES_MAX} bytes. Null if no data is wanted
   */
  static StatusRuntimeException toStatus(
      TransactionOutcome outcome,
      TransactionId transaction,
      Function<StorageId, String> names,
      @Nullable Function<ObjectConflict, @Nullable Bytes> currentData) {
    return status(
        notCommitted(outcome, names, currentData)
            .setTransaction(ToProto.transactionId(transaction)));
  }

  private static ErrorDetail.Builder notCommitted(
      TransactionOutcome outcome,
      Function<StorageId, String> names,
      @Nullable Function<ObjectConflict, @Nullable Bytes> currentData) {
    if (outcome instanceof Conflict conflict) {
      return conflict(conflict, names, currentData);
    }
    if (outcome instanceof UndoConflict conflict) {
      UndoObstacle first = conflict.obstacles().get(0);
      ErrorDetail.Builder detail =
          detail(
              ErrorFamily.CONFLICT_FAMILY,
              Code.UNDO_CONFLICT,
              countedFirst(conflict.obstacles().size(), "obstacles")
                  + in(first.storage(), names)
                  + "oid %s: to be undone %s, but changed since by %s"
                      .formatted(first.oid(), first.undone(), first.current()));
      int bytes = 0;
      for (UndoObstacle each : conflict.obstacles()) {
        io.troika.api.v1.UndoObstacle message = ToProto.undoObstacle(each, names);
        bytes += message.getSerializedSize();
        if (detail.getUndoObstaclesCount() == CONFLICTS_MAX || bytes > CONFLICTS_BYTES_MAX) {
          break;
        }
        detail.addUndoObstacles(message);
      }
      return detail;
    }
    if (outcome instanceof Rejected rejected) {
      return refusal(TransactionService.refusal(rejected));
    }
    if (outcome instanceof Abandoned) {
      return detail(
          ErrorFamily.YOUR_MISTAKE, Code.ABANDONED, "the transaction was abandoned before");
    }
    throw new IllegalStateException("a committed transaction is no error: " + (Committed) outcome);
  }

  private static ErrorDetail.Builder conflict(
      Conflict conflict,
      Function<StorageId, String> names,
      @Nullable Function<ObjectConflict, @Nullable Bytes> currentData) {
    ObjectConflict first = conflict.conflicts().get(0);
    ErrorDetail.Builder detail =
        detail(
            ErrorFamily.CONFLICT_FAMILY,
            Code.CONFLICT,
            countedFirst(conflict.conflicts().size(), "conflicts")
                + in(first.storage(), names)
                + "oid %s: read at %s, current is %s"
                    .formatted(first.oid(), first.serialRead(), first.serialCurrent()));
    int count = currentData == null ? CONFLICTS_MAX : CONFLICTS_WITH_DATA_MAX;
    long room = currentData == null ? 0 : CONFLICT_DATA_BYTES_MAX;
    int bytes = 0;
    for (ObjectConflict each : conflict.conflicts()) {
      if (detail.getConflictsCount() == count) {
        break;
      }
      Bytes data = room > 0 && currentData != null ? currentData.apply(each) : null;
      boolean fits = data != null && data.size() <= room;
      io.troika.api.v1.ObjectConflict message = ToProto.conflict(each, names, fits ? data : null);
      bytes += message.getSerializedSize();
      if (currentData == null && bytes > CONFLICTS_BYTES_MAX) {
        break;
      }
      detail.addConflicts(message);
      room -= fits && data != null ? data.size() : 0;
    }
    return detail;
  }

  private static String in(@Nullable StorageId storage, Function<StorageId, String> names) {
    return storage == null ? "" : "storage " + names.apply(storage) + ", ";
  }

  private static String countedFirst(int count, String what) {
    return count == 1 ? "" : count + " " + what + ", the first: ";
  }

  private static StatusRuntimeException refused(RequestRefusedException refused) {
    return status(refusal(refused));
  }

  private static ErrorDetail.Builder refusal(RequestRefusedException refused) {
    Code code =
        switch (refused.reason()) {
          case INVALID_ARGUMENT -> Code.INVALID_ARGUMENT;
          case UNKNOWN_STORAGE -> Code.UNKNOWN_STORAGE;
          case UNKNOWN_OBJECT -> Code.UNKNOWN_OBJECT;
          case UNKNOWN_TRANSACTION -> Code.UNKNOWN_TRANSACTION;
          case UNKNOWN_SESSION -> Code.UNKNOWN_SESSION;
          case TRANSACTION_TOO_LARGE -> Code.TRANSACTION_TOO_LARGE;
          case TOO_MANY_OBJECTS -> Code.TOO_MANY_OBJECTS;
          case TID_NOT_GREATER -> Code.TID_NOT_GREATER;
          case OIDS_EXHAUSTED -> Code.OIDS_EXHAUSTED;
          case PACKED -> Code.PACKED;
          case UNKNOWN_BLOB -> Code.UNKNOWN_BLOB;
          case STAGING_LOST -> Code.STAGING_LOST;
          case QUOTA_EXCEEDED -> Code.QUOTA_EXCEEDED;
        };
    return detail(ErrorFamily.YOUR_MISTAKE, code, text(refused))
        .setLimit(refused.limit())
        .setFound(refused.found());
  }

  private static StatusRuntimeException notNow(NotNowException notNow) {
    if (notNow instanceof NotLeaderException notLeader) {
      return status(
          detail(ErrorFamily.NOT_NOW, Code.NOT_LEADER, text(notLeader))
              .setLeader(ToProto.leaderHint(notLeader.leadership())));
    }
    Code code;
    if (notNow instanceof LaggingException) {
      code = Code.LAGGING;
    } else if (notNow instanceof OverloadedException) {
      code = Code.OVERLOADED;
    } else if (notNow instanceof LockTimeoutException) {
      code = Code.LOCK_TIMEOUT;
    } else if (notNow instanceof StagingFullException) {
      code = Code.STAGING_FULL;
    } else if (notNow instanceof DiskFullException) {
      code = Code.DISK_FULL;
    } else if (notNow instanceof StoppingException) {
      code = Code.STOPPING;
    } else {
      return broken(notNow);
    }
    return status(detail(ErrorFamily.NOT_NOW, code, text(notNow)));
  }

  /** The status of a call that its caller got wrong. */
  static StatusRuntimeException mistake(Code code, String message) {
    return status(detail(ErrorFamily.YOUR_MISTAKE, code, message));
  }

  private static StatusRuntimeException broken(Throwable failure) {
    boolean corrupt = failure instanceof InvariantViolation;
    String id = UUID.randomUUID().toString();
    LOG.error("Call failed, error id {}", id, failure);
    return status(
        detail(
            ErrorFamily.BROKEN,
            corrupt ? Code.CORRUPT : Code.INTERNAL,
            (corrupt ? "the state of this node is damaged" : "this node failed unexpectedly")
                + "; its log tells more, error id "
                + id));
  }

  /** The status of a transaction that is larger than can be committed. */
  static StatusRuntimeException tooLarge(String message, long limit, long found) {
    return status(
        detail(ErrorFamily.YOUR_MISTAKE, Code.TRANSACTION_TOO_LARGE, message)
            .setLimit(limit)
            .setFound(found));
  }

  private static ErrorDetail.Builder detail(ErrorFamily family, Code code, String message) {
    return ErrorDetail.newBuilder().setFamily(family).setCode(code).setMessage(shortened(message));
  }

  /** As many whole characters as there is room for. */
  static String shortened(String message) {
    if (message.length() <= MESSAGE_BYTES_MAX / UTF_8_BYTES_MAX) {
      return message;
    }
    int bytes = 0;
    int end = 0;
    while (end < message.length()) {
      int character = message.codePointAt(end);
      bytes += Character.toString(character).getBytes(UTF_8).length;
      if (bytes > MESSAGE_BYTES_MAX) {
        return message.substring(0, end) + "…";
      }
      end += Character.charCount(character);
    }
    return message;
  }

  private static String text(Throwable failure) {
    return failure.getMessage() == null ? failure.toString() : failure.getMessage();
  }

  private static StatusRuntimeException status(ErrorDetail.Builder detail) {
    return StatusProto.toStatusRuntimeException(
        com.google.rpc.Status.newBuilder()
            .setCode(grpcCode(detail.getCode()).value())
            .setMessage(detail.getCode() + ": " + detail.getMessage())
            .addDetails(Any.pack(detail.build()))
            .build());
  }

  /** The table of {@code errors.proto}. */
  private static Status.Code grpcCode(Code code) {
    return switch (code) {
      case INVALID_ARGUMENT, TRANSACTION_TOO_LARGE, TOO_MANY_OBJECTS ->
          Status.Code.INVALID_ARGUMENT;
      case UNKNOWN_STORAGE, UNKNOWN_OBJECT, UNKNOWN_TRANSACTION, UNKNOWN_BLOB ->
          Status.Code.NOT_FOUND;
      case UNKNOWN_SESSION, TID_NOT_GREATER, OIDS_EXHAUSTED, ABANDONED, STAGING_LOST ->
          Status.Code.FAILED_PRECONDITION;
      case PACKED -> Status.Code.OUT_OF_RANGE;
      case UNAUTHENTICATED -> Status.Code.UNAUTHENTICATED;
      case PERMISSION_DENIED -> Status.Code.PERMISSION_DENIED;
      case CONFLICT, UNDO_CONFLICT, HISTORY_REPLACED -> Status.Code.ABORTED;
      case NOT_LEADER, LAGGING, STOPPING, LOCK_TIMEOUT -> Status.Code.UNAVAILABLE;
      case OVERLOADED, STAGING_FULL, DISK_FULL, QUOTA_EXCEEDED, RATE_EXCEEDED ->
          Status.Code.RESOURCE_EXHAUSTED;
      case OUTCOME_UNKNOWN -> Status.Code.UNKNOWN;
      case CORRUPT -> Status.Code.DATA_LOSS;
      case INTERNAL, CODE_UNSPECIFIED, UNRECOGNIZED -> Status.Code.INTERNAL;
    };
  }

  /** The detail that a status carries, or null. */
  static @Nullable ErrorDetail detailOf(StatusRuntimeException failure) {
    com.google.rpc.Status status = StatusProto.fromThrowable(failure);
    if (status == null) {
      return null;
    }
    for (Any any : status.getDetailsList()) {
      if (any.is(ErrorDetail.class)) {
        try {
          return any.unpack(ErrorDetail.class);
        } catch (InvalidProtocolBufferException e) {
          throw new IllegalStateException("a detail of our own making can't be read", e);
        }
      }
    }
    return null;
  }
}
