package io.troika.server.raft;

import static io.troika.server.core.model.Checks.requireArgument;

import io.troika.server.core.command.Command;
import io.troika.server.core.command.Command.CommitTogether;
import io.troika.server.raft.peers.PeerIntroduction;
import io.troika.server.raft.peers.PeerTransport;
import io.troika.server.raft.threads.TaskTimer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Which entries the other nodes can apply, as each of them said last. What a node can changes with
 * its process only, so each is asked when it comes into reach, on every node: whoever leads next
 * knows it of one that is away by then. Safe for any thread.
 */
final class PeerLevels {
  private static final int UNKNOWN = -1;

  /** One that is in reach answers soon; one that is not is told of again when it is. */
  static final int TRIES_MAX = 60;

  private static final Duration ANSWER_MAX = Duration.ofSeconds(2);
  static final Duration RETRY = Duration.ofSeconds(1);

  private final Function<String, CompletableFuture<PeerIntroduction>> introductions;
  private final TaskTimer timer;
  private final Map<String, Integer> heard = new ConcurrentHashMap<>();

  /**
   * @param introductions asks another node who it is
   */
  PeerLevels(Function<String, CompletableFuture<PeerIntroduction>> introductions, TaskTimer timer) {
    this.introductions = introductions;
    this.timer = timer;
  }

  static PeerLevels over(PeerTransport peers, TaskTimer timer) {
    return new PeerLevels(peer -> peers.introduction(peer, ANSWER_MAX), timer);
  }

  /** The least level of a node that can apply it; 0 for what any can. */
  static int needed(Command command) {
    return command instanceof CommitTogether together && together.isStaged()
        ? PeerIntroduction.STAGED_TOGETHER_LEVEL
        : 0;
  }

  /** One is in reach (again), of another version perhaps. */
  void returned(String peer) {
    askAgain(peer, TRIES_MAX);
  }

  private void askAgain(String peer, int tries) {
    var unused =
        ask(peer)
            .thenAccept(
                answered -> {
                  if (!answered && tries > 1) {
                    timer.schedule(() -> askAgain(peer, tries - 1), RETRY);
                  }
                });
  }

  private CompletableFuture<Boolean> ask(String peer) {
    return introductions
        .apply(peer)
        .handle(
            (answer, failure) -> {
              if (failure == null) {
                heard.put(peer, answer.logLevel());
              }
              return failure == null;
            });
  }

  /**
   * Done at once where all are known to be; else the others are asked.
   *
   * @return fails with IllegalArgumentException, which names them, if some can't apply entries of
   *     this level or it is not known whether they can
   */
  CompletableFuture<Void> require(int level, List<String> peers) {
    CompletableFuture<?>[] asked =
        peers.stream()
            .filter(peer -> heardOf(peer) < level)
            .map(this::ask)
            .toArray(CompletableFuture<?>[]::new);
    return CompletableFuture.allOf(asked).thenAccept(done -> requireHeard(level, peers));
  }

  private void requireHeard(int level, List<String> peers) {
    for (String peer : peers) {
      requireArgument(
          heardOf(peer) >= level,
          "node %s %s",
          peer,
          heardOf(peer) == UNKNOWN
              ? "does not answer, and it is not known whether its version knows the log entry that"
                  + " this takes: start it first"
              : "is of an older version, which stops at the log entry that this takes: upgrade it"
                  + " first");
    }
  }

  private int heardOf(String peer) {
    return heard.getOrDefault(peer, UNKNOWN);
  }
}
