package io.troika.server.raft.members;

import io.troika.server.raft.peers.Membership;
import io.troika.server.raft.peers.PeerAnswers;
import io.troika.server.raft.peers.PeerIntroduction;
import io.troika.server.raft.peers.PeerTransport;
import io.troika.server.raft.peers.PeerTransport.PeerState;
import io.troika.server.raft.threads.TaskTimer;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out whether this node was removed from its group. The others stop talking to one whom they
 * have removed, and Ratis closes its division then; but it does so too when the removal was only
 * begun. So the leader's word is needed, that the configuration without this node is committed.
 * Safe for any thread; nothing here blocks.
 */
public final class Removal {
  static final Duration PERIOD = Duration.ofMillis(250);
  public static final int ROUNDS_MAX = 10;
  private static final Duration ANSWER_TIMEOUT = Duration.ofMillis(400);
  private static final Logger log = LoggerFactory.getLogger(Removal.class);

  /** What a peer says. */
  record Answer(PeerState state, PeerIntroduction introduction) {}

  private final String nodeId;
  private final Supplier<Membership> own;
  private final Supplier<List<String>> others;
  private final PeerTransport peers;
  private final TaskTimer timer;
  private final AtomicReference<@Nullable CompletableFuture<Boolean>> asking =
      new AtomicReference<>();

  /**
   * @param own the newest configuration in this node's log
   * @param others whom to ask
   */
  public Removal(
      String nodeId,
      Supplier<Membership> own,
      Supplier<List<String>> others,
      PeerTransport peers,
      TaskTimer timer) {
    this.nodeId = nodeId;
    this.own = own;
    this.others = others;
    this.peers = peers;
    this.timer = timer;
  }

  /**
   * Asks for a bounded time, until somebody knows.
   *
   * @return whether this node was removed; never fails. While others are asked already it is what
   *     comes of that
   */
  public CompletableFuture<Boolean> inquire(int rounds) {
    CompletableFuture<Boolean> verdict = new CompletableFuture<>();
    CompletableFuture<Boolean> underWay = asking.compareAndExchange(null, verdict);
    if (underWay != null) {
      return underWay.copy();
    }
    var unused = verdict.whenComplete((removed, never) -> asking.set(null));
    ask(rounds, verdict);
    return verdict.copy();
  }

  private void ask(int rounds, CompletableFuture<Boolean> verdict) {
    var unused =
        PeerAnswers.of(others.get(), peer -> ask(peer))
            .thenAccept(
                answers -> {
                  Optional<Boolean> removed = isRemoved(nodeId, own.get(), answers);
                  if (removed.isPresent() || rounds <= 1) {
                    log.debug("node {} is removed: {}, by {}", nodeId, removed, answers);
                    verdict.complete(removed.orElse(false));
                  } else {
                    timer.schedule(() -> ask(rounds - 1, verdict), PERIOD);
                  }
                });
  }

  private CompletableFuture<Answer> ask(String peer) {
    return peers
        .state(peer, ANSWER_TIMEOUT)
        .thenCombine(peers.introduction(peer, ANSWER_TIMEOUT), Answer::new);
  }

  /**
   * What leaders say of this node by a committed configuration that is no older than what it knows
   * itself; empty if none says anything. A pure function.
   */
  static Optional<Boolean> isRemoved(String nodeId, Membership own, Map<String, Answer> answers) {
    return answers.entrySet().stream()
        .filter(each -> each.getValue().state().leader().equals(each.getKey()))
        .map(each -> each.getValue().introduction().membership())
        .filter(said -> said.settled() && said.isKnown() && said.index() >= own.index())
        .max(Comparator.comparingLong(Membership::index))
        .map(said -> !said.contains(nodeId));
  }
}
