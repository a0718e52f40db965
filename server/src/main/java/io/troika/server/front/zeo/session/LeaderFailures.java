package io.troika.server.front.zeo.session;

import io.troika.server.service.refusals.DiskFullException;
import io.troika.server.service.refusals.FailureCause;
import io.troika.server.service.refusals.HistoryReplacedException;
import io.troika.server.service.refusals.NotNowException;
import io.troika.server.service.refusals.OutcomeUnknownException;
import io.troika.server.service.refusals.RequestRefusedException;

/** What a call that needed the leader failed with, as the client has to hear it. */
public final class LeaderFailures {
  private LeaderFailures() {}

  /**
   * "Not now" and "unknown", after all tries, end the connection: then the client tries again; so
   * does another history of the storage, of which the client hears when it registers. A full disk
   * is told: it may last.
   */
  public static Throwable translate(Throwable failure) {
    Throwable cause = FailureCause.of(failure);
    if (cause instanceof DiskFullException) {
      return ZeoError.transaction(String.valueOf(cause.getMessage()));
    }
    if (cause instanceof NotNowException || cause instanceof OutcomeUnknownException) {
      return new CloseException("the leader did not answer: " + cause.getMessage(), cause);
    }
    if (cause instanceof HistoryReplacedException) {
      return new CloseException(String.valueOf(cause.getMessage()), cause);
    }
    if (cause instanceof RequestRefusedException refused) {
      return ZeoError.transaction(String.valueOf(refused.getMessage()));
    }
    return cause;
  }
}
