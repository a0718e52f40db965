package io.troika.server.forward;

import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.service.refusals.FailureCause;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;

/**
 * An outcome that travels as an error: the transaction was answered, and is not committed. It never
 * leaves this package.
 */
final class RefusedOutcome extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient TransactionOutcome outcome;

  RefusedOutcome(TransactionOutcome outcome) {
    super(outcome.toString(), null, false, false);
    this.outcome = outcome;
  }

  /** The same call with such an error as the answer that it is. */
  static <T> CompletableFuture<T> recover(
      CompletableFuture<? extends T> call, Function<TransactionOutcome, T> answer) {
    return call.handle(
        (value, failure) -> {
          if (failure == null) {
            return value;
          }
          Throwable cause = FailureCause.of(failure);
          if (cause instanceof RefusedOutcome refused) {
            return answer.apply(refused.outcome);
          }
          throw cause instanceof RuntimeException known ? known : new CompletionException(cause);
        });
  }
}
