package io.troika.server.cli.backups;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** For answers of the client. */
final class Waiting {
  private Waiting() {}

  /** The answer, or what it failed with. */
  static <T> T on(CompletableFuture<T> answer) {
    try {
      return answer.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }
}
