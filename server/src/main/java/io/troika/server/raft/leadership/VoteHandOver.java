package io.troika.server.raft.leadership;

import io.troika.server.raft.peers.PeerTransport;
import io.troika.server.service.ports.VoteKeeper;
import io.troika.server.service.ports.VotedTransaction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands over, with the leadership, what was voted: the next leader keeps the locks. A successor
 * that can't be told takes over all the same. Safe for any thread.
 */
public final class VoteHandOver {
  /** What one message takes; a transaction that does not fit has to do without. */
  static final int LOCKS_MAX = 100_000;

  /** It delays the hand-over, and the votes of everybody. */
  private static final Duration TELLING_MAX = Duration.ofMillis(200);

  private static final Logger logger = LoggerFactory.getLogger(VoteHandOver.class);

  private final LongSupplier term;
  private final PeerTransport peers;
  private volatile VoteKeeper keeper = VoteKeeper.NONE;

  /**
   * @param term the present one of this node
   */
  public VoteHandOver(LongSupplier term, PeerTransport peers) {
    this.term = term;
    this.peers = peers;
  }

  public void setKeeper(VoteKeeper newKeeper) {
    keeper = newKeeper;
  }

  /** The leader of this term is about to hand over to this node. */
  public void keep(long ofTerm, List<VotedTransaction> voted) {
    keeper.keep(ofTerm, voted);
  }

  /** Hands over to {@code successor}; while that goes on, no vote is answered here. */
  public <T> CompletableFuture<T> around(
      String successor, Supplier<CompletableFuture<T>> handOver) {
    VoteKeeper asked = keeper;
    // Whatever fails, from here on: votes that are held back must be answered again.
    return CompletableFuture.completedFuture(successor)
        .thenCompose(next -> tell(next, fitting(asked.suspend())))
        .thenCompose(told -> handOver.get())
        .whenComplete((done, failure) -> asked.resume());
  }

  private CompletableFuture<Void> tell(String successor, List<VotedTransaction> voted) {
    if (voted.isEmpty()) {
      return CompletableFuture.completedFuture(null);
    }
    return peers
        .keepVotes(successor, term.getAsLong(), voted, TELLING_MAX)
        .exceptionally(
            failure -> {
              logger.info(
                  "{} does not know of the {} transactions that are voted here: {}",
                  successor,
                  voted.size(),
                  failure.toString());
              return null;
            });
  }

  /** As many as one message takes, the small ones first. */
  static List<VotedTransaction> fitting(List<VotedTransaction> voted) {
    List<VotedTransaction> fit = new ArrayList<>(voted.size());
    int left = LOCKS_MAX;
    List<VotedTransaction> smallFirst =
        voted.stream().sorted(Comparator.comparingInt(VotedTransaction::lockCount)).toList();
    for (VotedTransaction each : smallFirst) {
      left -= Math.max(1, each.lockCount());
      if (left < 0) {
        break;
      }
      fit.add(each);
    }
    return fit;
  }
}
