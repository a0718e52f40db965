package io.troika.client;

import org.jspecify.annotations.Nullable;

/**
 * The base of all that the client throws for a reason that lies in the cluster or the data. Its
 * {@link #family()} says what a caller should do. Failures of earlier tries of the same call are
 * its {@linkplain #getSuppressed suppressed} exceptions.
 *
 * <p>A call on something that is closed is an {@link IllegalStateException}, a wrong argument an
 * {@link IllegalArgumentException}; both are thrown before anything is sent. A future fails with
 * the exception itself, not wrapped: {@code CompletionException} appears only where {@code
 * CompletableFuture} adds it.
 */
public abstract sealed class TroikaException extends RuntimeException
    permits InvalidRequestException,
        ConflictException,
        UndoConflictException,
        HistoryReplacedException,
        UnavailableException,
        CommitOutcomeUnknownException,
        BrokenException {

  private final ErrorFamily family;

  TroikaException(ErrorFamily family, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.family = family;
  }

  /** What a caller should do. */
  public ErrorFamily family() {
    return family;
  }
}
