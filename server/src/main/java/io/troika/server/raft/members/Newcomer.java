package io.troika.server.raft.members;

import io.troika.server.config.HostAndPort;
import io.troika.server.raft.peers.PeerIntroduction;
import io.troika.server.raft.peers.PeerIntroduction.Standing;
import io.troika.server.raft.peers.PeerTransport;
import io.troika.server.raft.threads.TaskTimer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Asks one who is to join who it is. Safe for any thread; nothing here blocks. */
final class Newcomer {
  static final Duration PERIOD = Duration.ofMillis(100);

  /** It has just been started perhaps, and asks the members first. */
  static final Duration PATIENCE = Duration.ofSeconds(8);

  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(1);

  private final PeerTransport peers;
  private final TaskTimer timer;

  Newcomer(PeerTransport peers, TaskTimer timer) {
    this.peers = peers;
    this.timer = timer;
  }

  /**
   * Asks until it waits to be added, or has waited long enough itself; then its last word counts.
   * The transport must know its address.
   *
   * @param peerAddress for the message
   * @return fails with IllegalArgumentException when it never answered
   */
  CompletableFuture<PeerIntroduction> introduce(String nodeId, HostAndPort peerAddress) {
    CompletableFuture<PeerIntroduction> introduced = new CompletableFuture<>();
    ask(nodeId, peerAddress, timer.nanoTime() + PATIENCE.toNanos(), introduced);
    return introduced;
  }

  private void ask(
      String nodeId,
      HostAndPort peerAddress,
      long giveUpNanos,
      CompletableFuture<PeerIntroduction> introduced) {
    var unused =
        peers
            .introduction(nodeId, ANSWER_TIMEOUT)
            .whenComplete(
                (answer, failure) -> {
                  if (answer != null && answer.standing() != Standing.ARRIVING) {
                    introduced.complete(answer);
                  } else if (timer.nanoTime() - giveUpNanos < 0) {
                    timer.schedule(() -> ask(nodeId, peerAddress, giveUpNanos, introduced), PERIOD);
                  } else {
                    end(nodeId, peerAddress, answer, failure, introduced);
                  }
                });
  }

  private static void end(
      String nodeId,
      HostAndPort peerAddress,
      @Nullable PeerIntroduction answer,
      @Nullable Throwable failure,
      CompletableFuture<PeerIntroduction> introduced) {
    if (answer != null) {
      introduced.complete(answer);
      return;
    }
    introduced.completeExceptionally(
        new IllegalArgumentException(
            "node %s does not answer at %s, its peer address, for %d s (%s). Is it started, and is"
                    .formatted(
                        nodeId,
                        peerAddress,
                        PATIENCE.toSeconds(),
                        failure == null ? "" : failure.getMessage())
                + " that its name?"));
  }
}
