package io.troika.server.raft.peers;

import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** The answers of several peers to one question. */
public final class PeerAnswers {
  private PeerAnswers() {}

  /**
   * Asks all at once.
   *
   * @return what those say that answer, by their ids, once each has answered or failed; never fails
   */
  public static <A> CompletableFuture<Map<String, A>> of(
      Collection<String> peers, Function<String, CompletableFuture<A>> question) {
    Map<String, CompletableFuture<A>> asked = new TreeMap<>();
    peers.forEach(peer -> asked.put(peer, question.apply(peer)));
    return CompletableFuture.allOf(asked.values().toArray(CompletableFuture<?>[]::new))
        .handle(
            (done, failure) -> {
              Map<String, A> answers = new TreeMap<>();
              asked.forEach(
                  (peer, answer) -> {
                    if (!answer.isCompletedExceptionally()) {
                      answers.put(peer, answer.join());
                    }
                  });
              return answers;
            });
  }
}
