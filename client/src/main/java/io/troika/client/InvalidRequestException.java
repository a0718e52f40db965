package io.troika.client;

import org.jspecify.annotations.Nullable;

/**
 * The server refuses the request, and would refuse it again: fix the call. Nothing happened. The
 * subclasses are the cases that a program may want to tell apart.
 */
public sealed class InvalidRequestException extends TroikaException
    permits DifferentClusterException,
        UnknownStorageException,
        UnknownObjectException,
        UnknownTransactionException,
        UnknownBlobException,
        BlobLostException,
        TransactionTooLargeException,
        TransactionAbandonedException,
        QuotaExceededException,
        TidNotGreaterException,
        HistoryPackedException,
        UnauthenticatedException,
        PermissionDeniedException {

  public InvalidRequestException(String message) {
    this(message, null);
  }

  public InvalidRequestException(String message, @Nullable Throwable cause) {
    super(ErrorFamily.INVALID_REQUEST, message, cause);
  }
}
