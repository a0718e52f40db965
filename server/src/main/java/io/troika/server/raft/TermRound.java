package io.troika.server.raft;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Proves that this node still leads. */
public final class TermRound {

  /**
   * Limits of the proof.
   *
   * @param timeout the longest that one proof may take, from the caller's arrival in its round
   * @param retryPause before a voter whose answer failed is asked again within one round
   * @param callersMax callers that wait at once, beyond which more are refused
   */
  public record Settings(Duration timeout, Duration retryPause, int callersMax) {
    public static final Settings DEFAULT =
        new Settings(Duration.ofSeconds(2), Duration.ofMillis(20), 100_000);
  }

  public TermRound(LocalRaft raft, PeerTransport peers, TaskTimer timer, Settings settings) {}

  /**
   * Asks the voters.
   *
   * @return completes with the proved term; fails with NotLeaderException, LaggingException or
   *     OverloadedException. Completed on a thread that must not be blocked.
   */
  public CompletableFuture<Long> prove() {
    return CompletableFuture.failedFuture(new UnsupportedOperationException("in the next commit"));
  }
}
