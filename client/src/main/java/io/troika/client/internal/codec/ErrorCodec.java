package io.troika.client.internal.codec;

import io.troika.api.v1.ErrorDetail;
import io.troika.client.BlobLostException;
import io.troika.client.BrokenException;
import io.troika.client.ConflictException;
import io.troika.client.HistoryPackedException;
import io.troika.client.HistoryReplacedException;
import io.troika.client.InvalidRequestException;
import io.troika.client.ObjectConflict;
import io.troika.client.Oid;
import io.troika.client.PermissionDeniedException;
import io.troika.client.QuotaExceededException;
import io.troika.client.TidNotGreaterException;
import io.troika.client.TransactionAbandonedException;
import io.troika.client.TransactionTooLargeException;
import io.troika.client.TroikaException;
import io.troika.client.UnauthenticatedException;
import io.troika.client.UndoConflictException;
import io.troika.client.UndoObstacle;
import io.troika.client.UnknownBlobException;
import io.troika.client.UnknownObjectException;
import io.troika.client.UnknownStorageException;
import io.troika.client.UnknownTransactionException;
import java.util.List;
import java.util.Optional;

/** What a server says went wrong, as the exceptions of the client. */
public final class ErrorCodec {
  private ErrorCodec() {}

  /** The exception for an error that sending again can't help: your mistake, conflict, broken. */
  public static TroikaException exception(ErrorDetail detail) {
    String message = detail.getMessage();
    return switch (detail.getFamily()) {
      case YOUR_MISTAKE -> mistake(detail);
      case CONFLICT_FAMILY -> conflict(detail);
      case BROKEN -> new BrokenException(message, null);
      default ->
          new BrokenException(
              "unexpected error family " + detail.getFamily() + ": " + message, null);
    };
  }

  private static TroikaException mistake(ErrorDetail detail) {
    String message = detail.getMessage();
    return switch (detail.getCode()) {
      case UNKNOWN_STORAGE -> new UnknownStorageException(message);
      case UNKNOWN_OBJECT -> new UnknownObjectException(message);
      case UNKNOWN_TRANSACTION -> new UnknownTransactionException(message);
      case TRANSACTION_TOO_LARGE, TOO_MANY_OBJECTS ->
          new TransactionTooLargeException(message, detail.getLimit(), detail.getFound());
      case TID_NOT_GREATER -> new TidNotGreaterException(message);
      case PACKED -> new HistoryPackedException(message);
      case UNKNOWN_BLOB -> new UnknownBlobException(message);
      case STAGING_LOST -> new BlobLostException(message);
      case QUOTA_EXCEEDED -> new QuotaExceededException(message);
      case ABANDONED -> new TransactionAbandonedException(message);
      case UNAUTHENTICATED -> new UnauthenticatedException(message);
      case PERMISSION_DENIED -> new PermissionDeniedException(message);
      default -> new InvalidRequestException(message);
    };
  }

  private static TroikaException conflict(ErrorDetail detail) {
    if (detail.getCode() == ErrorDetail.Code.UNDO_CONFLICT) {
      return new UndoConflictException(
          detail.getMessage(), obstacles(detail.getUndoObstaclesList()));
    }
    if (detail.getCode() == ErrorDetail.Code.HISTORY_REPLACED) {
      return new HistoryReplacedException(detail.getMessage());
    }
    return new ConflictException(detail.getMessage(), conflicts(detail.getConflictsList()));
  }

  /** Conflicts as values. */
  public static List<ObjectConflict> conflicts(List<io.troika.api.v1.ObjectConflict> conflicts) {
    return conflicts.stream()
        .map(
            conflict ->
                new ObjectConflict(
                    storage(conflict.getStorage()),
                    kind(conflict.getKind()),
                    new Oid(conflict.getOid()),
                    ValueCodec.tid(conflict.getSerialRead()),
                    ValueCodec.tid(conflict.getSerialCurrent()),
                    conflict.hasCurrentData()
                        ? Optional.of(ValueCodec.bytes(conflict.getCurrentData()))
                        : Optional.empty()))
        .toList();
  }

  /** Obstacles as values. */
  public static List<UndoObstacle> obstacles(List<io.troika.api.v1.UndoObstacle> obstacles) {
    return obstacles.stream()
        .map(
            obstacle ->
                new UndoObstacle(
                    storage(obstacle.getStorage()),
                    new Oid(obstacle.getOid()),
                    ValueCodec.tid(obstacle.getUndone()),
                    ValueCodec.tid(obstacle.getCurrent())))
        .toList();
  }

  private static Optional<String> storage(String name) {
    return name.isEmpty() ? Optional.empty() : Optional.of(name);
  }

  private static ObjectConflict.Kind kind(io.troika.api.v1.ObjectConflict.Kind kind) {
    return switch (kind) {
      case READ -> ObjectConflict.Kind.READ;
      case WRITE -> ObjectConflict.Kind.WRITE;
      case DELETE -> ObjectConflict.Kind.DELETE;
      case KIND_UNSPECIFIED, UNRECOGNIZED ->
          throw new MalformedAnswerException("conflict of unknown kind " + kind);
    };
  }
}
