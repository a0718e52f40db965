package io.troika.server.forward;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.protobuf.StatusProto;
import io.troika.api.v1.ErrorDetail;
import io.troika.server.core.command.Outcome.Abandoned;
import io.troika.server.core.command.Outcome.Conflict;
import io.troika.server.core.command.Outcome.ObjectConflict;
import io.troika.server.core.command.Outcome.UndoConflict;
import io.troika.server.core.command.Outcome.UndoObstacle;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.refusals.DiskFullException;
import io.troika.server.service.refusals.HistoryReplacedException;
import io.troika.server.service.refusals.LaggingException;
import io.troika.server.service.refusals.LockTimeoutException;
import io.troika.server.service.refusals.NotLeaderException;
import io.troika.server.service.refusals.OutcomeUnknownException;
import io.troika.server.service.refusals.OverloadedException;
import io.troika.server.service.refusals.RequestRefusedException;
import io.troika.server.service.refusals.RequestRefusedException.Reason;
import io.troika.server.service.refusals.StagingFullException;
import io.troika.server.service.refusals.StoppingException;
import org.jspecify.annotations.Nullable;

/**
 * The service's own exceptions out of what a call failed with. An error without a detail of ours
 * came from a connection: whether the request was executed is open.
 */
final class FromStatus {
  private FromStatus() {}

  static RuntimeException exception(Throwable failure) {
    ErrorDetail detail = detail(failure);
    return detail == null
        ? new OutcomeUnknownException("the connection to the leader failed: " + failure, failure)
        : exception(detail, failure);
  }

  private static RuntimeException exception(ErrorDetail detail, Throwable failure) {
    String message = detail.getMessage();
    return switch (detail.getCode()) {
      case INVALID_ARGUMENT -> refused(Reason.INVALID_ARGUMENT, detail);
      case UNKNOWN_STORAGE -> refused(Reason.UNKNOWN_STORAGE, detail);
      case UNKNOWN_OBJECT -> refused(Reason.UNKNOWN_OBJECT, detail);
      case UNKNOWN_TRANSACTION -> refused(Reason.UNKNOWN_TRANSACTION, detail);
      case UNKNOWN_SESSION -> refused(Reason.UNKNOWN_SESSION, detail);
      case TRANSACTION_TOO_LARGE -> refused(Reason.TRANSACTION_TOO_LARGE, detail);
      case TOO_MANY_OBJECTS -> refused(Reason.TOO_MANY_OBJECTS, detail);
      case TID_NOT_GREATER -> refused(Reason.TID_NOT_GREATER, detail);
      case OIDS_EXHAUSTED -> refused(Reason.OIDS_EXHAUSTED, detail);
      case PACKED -> refused(Reason.PACKED, detail);
      case UNKNOWN_BLOB -> refused(Reason.UNKNOWN_BLOB, detail);
      case STAGING_LOST -> refused(Reason.STAGING_LOST, detail);
      case QUOTA_EXCEEDED -> refused(Reason.QUOTA_EXCEEDED, detail);
      case ABANDONED -> new RefusedOutcome(new Abandoned());
      case CONFLICT -> new RefusedOutcome(conflict(detail));
      case UNDO_CONFLICT -> new RefusedOutcome(undoConflict(detail));
      case HISTORY_REPLACED -> new HistoryReplacedException(message);
      case NOT_LEADER -> new NotLeaderException(leadership(detail));
      case LAGGING -> new LaggingException(message);
      case OVERLOADED, RATE_EXCEEDED -> new OverloadedException(message);
      case STOPPING -> new StoppingException(message);
      case LOCK_TIMEOUT -> new LockTimeoutException(message);
      case DISK_FULL -> new DiskFullException(message);
      case STAGING_FULL -> new StagingFullException(message);
      case OUTCOME_UNKNOWN -> new OutcomeUnknownException(message, failure);
      case UNAUTHENTICATED, PERMISSION_DENIED, CORRUPT, INTERNAL, CODE_UNSPECIFIED, UNRECOGNIZED ->
          new IllegalStateException("the leader failed: " + message, failure);
    };
  }

  private static RequestRefusedException refused(Reason reason, ErrorDetail detail) {
    return new RequestRefusedException(reason, detail.getMessage());
  }

  private static Leadership leadership(ErrorDetail detail) {
    return new Leadership(
        detail.getLeader().getTerm(),
        detail.getLeader().getNodeId(),
        detail.getLeader().getClientAddress(),
        false);
  }

  private static Conflict conflict(ErrorDetail detail) {
    return new Conflict(
        detail.getConflictsList().stream()
            .map(
                each ->
                    new ObjectConflict(
                        kind(each.getKind()),
                        new Oid(each.getOid()),
                        new Tid(each.getSerialRead()),
                        new Tid(each.getSerialCurrent())))
            .toList());
  }

  private static ObjectConflict.Kind kind(io.troika.api.v1.ObjectConflict.Kind kind) {
    return switch (kind) {
      case READ -> ObjectConflict.Kind.READ;
      case DELETE -> ObjectConflict.Kind.DELETE;
      case WRITE, KIND_UNSPECIFIED, UNRECOGNIZED -> ObjectConflict.Kind.WRITE;
    };
  }

  private static UndoConflict undoConflict(ErrorDetail detail) {
    return new UndoConflict(
        detail.getUndoObstaclesList().stream()
            .map(
                each ->
                    new UndoObstacle(
                        new Oid(each.getOid()),
                        new Tid(each.getUndone()),
                        new Tid(each.getCurrent())))
            .toList());
  }

  private static @Nullable ErrorDetail detail(Throwable failure) {
    com.google.rpc.Status status = StatusProto.fromThrowable(failure);
    if (status == null) {
      return null;
    }
    for (Any any : status.getDetailsList()) {
      if (any.is(ErrorDetail.class)) {
        try {
          return any.unpack(ErrorDetail.class);
        } catch (InvalidProtocolBufferException e) {
          return null; // as good as none: nothing that it claims can be relied on
        }
      }
    }
    return null;
  }
}
