package io.troika.server.raft;

import java.time.Duration;

/** Starts an election at once when the leader's process has died. */
public final class CrashDetector {

  /**
   * Times of one suspicion.
   *
   * @param deadline how long one suspicion is pursued
   * @param answerTimeout for each single question to a peer
   * @param retryPause between two looks at a suspect, and between two askings of a witness
   * @param stagger what each voter waits for the one before it
   */
  public record Settings(
      Duration deadline, Duration answerTimeout, Duration retryPause, Duration stagger) {
    public static final Settings DEFAULT =
        new Settings(
            Duration.ofMillis(1_000),
            Duration.ofMillis(200),
            Duration.ofMillis(10),
            Duration.ofMillis(250));
  }

  public CrashDetector(LocalRaft raft, PeerTransport peers, TaskTimer timer, Settings settings) {}

  /** To be given to {@link PeerTransport#onConnectionLost}. */
  public void connectionLost(String peer) {
    io.troika.server.core.model.Checks.checkInvariant(!peer.isEmpty(), "in the next commit");
  }
}
