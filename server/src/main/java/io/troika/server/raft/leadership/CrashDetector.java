package io.troika.server.raft.leadership;

import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.division.LocalRaft;
import io.troika.server.raft.peers.PeerTransport;
import io.troika.server.raft.peers.PeerTransport.PeerState;
import io.troika.server.raft.peers.Voters;
import io.troika.server.raft.threads.TaskTimer;
import io.troika.server.service.ports.Leadership;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts an election at once when the leader's process has died, instead of waiting for the
 * election time-out. Safe for any thread; nothing here blocks.
 *
 * <p>When the idle connection to the leader breaks, a voter
 *
 * <ol>
 *   <li>looks for itself: only a refused connection means dead, only an answer means alive. In
 *       between it looks again for a bounded time, because a dying process keeps its listening
 *       socket a little longer than its connections;
 *   <li>asks the other voters: a majority, itself included, must find the leader dead;
 *   <li>lets the best go first. Among those who found it dead, the voter with the newest last entry
 *       (term, then index, as votes are given) starts at once; of equals one that does not still
 *       replay its log, for a leader serves only once it has applied all; then the one that has run
 *       longest, whose code is warm; then the smallest node id. Each of the others waits one
 *       stagger more than the one before it and starts only if term, leader and its own role are
 *       still the same. Two candidates at once would split the votes.
 * </ol>
 *
 * <p>A false alarm costs an interruption, never data: what is started is an ordinary election, with
 * all checks of terms, logs and votes. A hung process, a cut network or a lost machine refuses
 * nothing, so there the election time-out decides as ever.
 */
public final class CrashDetector {
  private static final Logger LOG = LoggerFactory.getLogger(CrashDetector.class);

  /** Entries that a node in step has not applied yet, at most; few milliseconds' worth. */
  private static final long REPLAY_ENTRIES = 500;

  private final LocalRaft raft;
  private final PeerTransport peers;
  private final TaskTimer timer;
  private final Settings settings;
  private final AtomicReference<@Nullable Suspicion> pursued = new AtomicReference<>();

  /**
   * Times of one suspicion.
   *
   * @param deadline how long it is pursued, from the loss of the connection to the last asking
   * @param answerTimeout for each single question to a peer
   * @param retryPause between two looks at a suspect, and between two askings of the witnesses
   * @param stagger what each voter waits for the one before it; above the time of an ordinary
   *     election
   */
  public record Settings(
      Duration deadline, Duration answerTimeout, Duration retryPause, Duration stagger) {
    private static final Duration RETRY_PAUSE = Duration.ofMillis(10);

    /**
     * Those for nodes whose election time-outs are chosen for their distance. A witness answers
     * after two round trips, one of them its own to the suspect: at 200 ms a witness 100 ms away
     * was asked in vain until the deadline.
     *
     * @param electionTimeoutMin the shortest one
     */
    public static Settings of(Duration electionTimeoutMin) {
      return new Settings(
          electionTimeoutMin.multipliedBy(2),
          electionTimeoutMin.multipliedBy(4).dividedBy(5),
          RETRY_PAUSE,
          electionTimeoutMin.dividedBy(2));
    }
  }

  public CrashDetector(LocalRaft raft, PeerTransport peers, TaskTimer timer, Settings settings) {
    this.raft = raft;
    this.peers = peers;
    this.timer = timer;
    this.settings = settings;
  }

  /** To be given to {@link PeerTransport#onConnectionLost}. */
  public void connectionLost(String peer) {
    Leadership seen = raft.leadership();
    if (!raft.follows() || !peer.equals(seen.leader())) {
      return;
    }
    Suspicion suspicion = new Suspicion(peer, seen.term());
    Suspicion before = pursued.get();
    // The same loss, reported twice, is pursued once; a newer leader's replaces an older one's.
    if ((before == null || !before.holds()) && pursued.compareAndSet(before, suspicion)) {
      suspicion.look();
    }
  }

  /** What one other voter says; without a state when it did not answer. */
  private record Testimony(String witness, boolean findsDead, Optional<PeerState> state) {}

  /** A voter that found the leader dead, and what its log offers to the others. */
  private record Contender(
      String nodeId, LogPosition lastEntry, long appliedIndex, long startedMillis) {
    static final Comparator<Contender> BEST_FIRST =
        Comparator.comparingLong((Contender contender) -> contender.lastEntry.term())
            .thenComparingLong(contender -> contender.lastEntry.index())
            .reversed()
            .thenComparing(Contender::replays)
            .thenComparingLong(Contender::startedMillis)
            .thenComparing(Contender::nodeId);

    boolean replays() {
      return lastEntry.index() - appliedIndex > REPLAY_ENTRIES;
    }
  }

  private final class Suspicion {
    private final String suspect;
    private final long term;
    private final long deadlineNanos = timer.nanoTime() + settings.deadline().toNanos();

    Suspicion(String suspect, long term) {
      this.suspect = suspect;
      this.term = term;
    }

    /** Whether there is still a reason to pursue it. */
    boolean holds() {
      Leadership now = raft.leadership();
      return pursued.get() == this
          && raft.term() == term
          && now.term() == term
          && now.leader().equals(suspect)
          && raft.follows();
    }

    void look() {
      if (!holds()) {
        drop("leader or term have changed");
        return;
      }
      then(
          peers.probeDead(suspect, settings.answerTimeout()),
          dead -> {
            if (dead.orElse(false)) {
              askWitnesses();
            } else {
              askSuspect();
            }
          });
    }

    private void askSuspect() {
      then(
          peers.state(suspect, settings.answerTimeout()),
          state -> {
            if (state.isPresent()) {
              drop("it answers");
            } else {
              again(this::look);
            }
          });
    }

    private void askWitnesses() {
      if (!holds()) {
        drop("leader or term have changed");
        return;
      }
      Voters voters = raft.voters();
      List<CompletableFuture<Testimony>> asked =
          voters.all().stream()
              .filter(voter -> !voter.equals(raft.nodeId()) && !voter.equals(suspect))
              .map(this::askWitness)
              .toList();
      then(
          CompletableFuture.allOf(asked.toArray(CompletableFuture<?>[]::new)),
          done -> conclude(voters, asked.stream().map(CompletableFuture::join).toList()));
    }

    /** Goes on with the answer, empty if there was none; a step that throws ends the suspicion. */
    private <T> void then(CompletableFuture<T> question, Consumer<Optional<T>> step) {
      var unused =
          question.whenComplete(
              (answer, failure) -> orDrop(() -> step.accept(Optional.ofNullable(answer))));
    }

    private void orDrop(Runnable step) {
      try {
        step.run();
      } catch (RuntimeException stopped) {
        LOG.warn("leader {} of term {} is suspected, and then:", suspect, term, stopped);
        drop("the division is being closed");
      }
    }

    private CompletableFuture<Testimony> askWitness(String witness) {
      Duration timeout = settings.answerTimeout();
      return peers
          .findsDead(witness, suspect, timeout)
          .thenCombine(
              peers.state(witness, timeout),
              (dead, state) -> new Testimony(witness, dead, Optional.of(state)))
          .exceptionally(failure -> new Testimony(witness, false, Optional.empty()));
    }

    private void conclude(Voters voters, List<Testimony> testimonies) {
      if (testimonies.stream()
          .flatMap(testimony -> testimony.state().stream())
          .anyMatch(state -> state.term() > term)) {
        drop("a newer term has begun");
        return;
      }
      Set<String> agreed = new TreeSet<>(Set.of(raft.nodeId()));
      testimonies.stream().filter(Testimony::findsDead).forEach(t -> agreed.add(t.witness()));
      if (!voters.isMajority(agreed::contains)) {
        again(this::askWitnesses);
        return;
      }
      long ahead = contendersAhead(testimonies);
      LOG.info(
          "leader {} of term {} is dead, as {} find; {} go first", suspect, term, agreed, ahead);
      if (ahead == 0) {
        startElection();
      } else {
        timer.schedule(() -> orDrop(this::startElection), settings.stagger().multipliedBy(ahead));
      }
    }

    private long contendersAhead(List<Testimony> testimonies) {
      Contender self =
          new Contender(raft.nodeId(), raft.lastEntry(), raft.appliedIndex(), raft.startedMillis());
      return testimonies.stream()
          .filter(Testimony::findsDead)
          .flatMap(
              testimony ->
                  testimony.state().stream()
                      .filter(PeerState::voter)
                      .map(
                          state ->
                              new Contender(
                                  testimony.witness(),
                                  state.lastEntry(),
                                  state.applied().index(),
                                  state.startedMillis())))
          .filter(other -> Contender.BEST_FIRST.compare(other, self) < 0)
          .count();
    }

    private void startElection() {
      if (!holds()) {
        drop("leader or term have changed");
        return;
      }
      raft.startElection(term);
      drop("an election is started");
    }

    private void again(Runnable step) {
      Duration pause = settings.retryPause();
      if (deadlineNanos - timer.nanoTime() > pause.toNanos()) {
        timer.schedule(() -> orDrop(step), pause);
      } else {
        drop("it could not be decided in time");
      }
    }

    private void drop(String reason) {
      if (pursued.compareAndSet(this, null)) {
        LOG.info("leader {} of term {} is suspected no more: {}", suspect, term, reason);
      }
    }
  }
}
