package io.troika.server.service.refusals;

/** Family "not now": nothing happened, the same request may be sent again, perhaps elsewhere. */
public abstract sealed class NotNowException extends RuntimeException
    permits NotLeaderException,
        OverloadedException,
        LaggingException,
        LockTimeoutException,
        DiskFullException,
        StagingFullException,
        StoppingException {
  private static final long serialVersionUID = 1L;

  protected NotNowException(String message) {
    super(message);
  }
}
