package io.troika.server.peer;

import static io.troika.server.core.model.Checks.requireArgument;

import java.time.Duration;

/**
 * Limits of the side channel.
 *
 * @param connectTimeout from the start of a connection to the peer's greeting
 * @param reconnectPauseMin before the first attempt to reach a lost peer again
 * @param reconnectPauseMax the pause doubles up to this
 * @param questionsMax questions to one peer that may be unanswered at once
 * @param checkpointStreamsMax checkpoints sent at once
 * @param chunkBytes of a checkpoint's file in one message, 1 to 1 MiB
 * @param sendTimeout a checkpoint whose reader takes nothing for this long is given up
 */
public record PeerSettings(
    Duration connectTimeout,
    Duration reconnectPauseMin,
    Duration reconnectPauseMax,
    int questionsMax,
    int checkpointStreamsMax,
    int chunkBytes,
    Duration sendTimeout) {
  static final int CHUNK_BYTES_MAX = 1 << 20;

  public static final PeerSettings DEFAULT =
      new PeerSettings(
          Duration.ofSeconds(5),
          Duration.ofMillis(20),
          Duration.ofMillis(500),
          1_024,
          2,
          256 << 10,
          Duration.ofSeconds(30));

  public PeerSettings {
    requireArgument(
        chunkBytes >= 1 && chunkBytes <= CHUNK_BYTES_MAX,
        "chunk: expected 1 to %d bytes, found %d",
        CHUNK_BYTES_MAX,
        chunkBytes);
    requireArgument(questionsMax >= 1, "questions: expected at least 1, found %d", questionsMax);
    requireArgument(
        checkpointStreamsMax >= 1,
        "checkpoint streams: expected at least 1, found %d",
        checkpointStreamsMax);
  }
}
