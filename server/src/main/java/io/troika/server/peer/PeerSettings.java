package io.troika.server.peer;

import java.time.Duration;

/**
 * Limits of the side channel.
 *
 * @param reconnectPauseMin before the first attempt to reach a lost peer again
 * @param reconnectPauseMax the pause doubles up to this
 * @param questionsMax questions to one peer that may be unanswered at once
 * @param checkpointStreamsMax checkpoints sent at once
 * @param chunkBytes of a checkpoint's file in one message
 * @param sendTimeout a checkpoint whose reader takes nothing for this long is given up
 */
public record PeerSettings(
    Duration reconnectPauseMin,
    Duration reconnectPauseMax,
    int questionsMax,
    int checkpointStreamsMax,
    int chunkBytes,
    Duration sendTimeout) {
  public static final PeerSettings DEFAULT =
      new PeerSettings(
          Duration.ofMillis(20),
          Duration.ofSeconds(1),
          1_024,
          2,
          256 << 10,
          Duration.ofSeconds(30));
}
