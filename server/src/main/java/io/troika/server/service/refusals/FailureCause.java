package io.troika.server.service.refusals;

import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** What a future failed with: a step after the one that failed hears of it in a wrapping. */
public final class FailureCause {
  private FailureCause() {}

  public static Throwable of(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  /** Null of null. */
  public static @Nullable Throwable orNull(@Nullable Throwable failure) {
    return failure == null ? null : of(failure);
  }
}
