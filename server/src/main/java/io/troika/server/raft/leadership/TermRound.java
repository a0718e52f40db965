package io.troika.server.raft.leadership;

import io.troika.server.raft.division.LocalRaft;
import io.troika.server.raft.peers.PeerTransport;
import io.troika.server.raft.peers.PeerTransport.PeerState;
import io.troika.server.raft.peers.Voters;
import io.troika.server.raft.threads.TaskTimer;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.refusals.LaggingException;
import io.troika.server.service.refusals.NotLeaderException;
import io.troika.server.service.refusals.OverloadedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Proves that this node still leads, without a log entry, and that its state shows everything that
 * any node acknowledged before the proof was asked for. Safe for any thread.
 *
 * <p>A round: note the own term and the commit index; ask every voter for its term; once a majority
 * (this node included, of both halves in a joint configuration) has answered with a term not above
 * ours, wait until the noted index is applied. All callers that wait when a round starts share it;
 * who arrives later waits for the next one, because the answers must be younger than the question.
 * That begins when one ends, so any number of callers costs two rounds; or somewhat after the one
 * before it has begun ({@link RoundPace}).
 *
 * <p><b>Why it holds.</b> Let this node lead term t, and let a call arrive at time c.
 *
 * <ol>
 *   <li><i>No newer leader had been elected at c.</i> Suppose one had, and take the first, of term
 *       u > t. It leads a log that has our first entry of term t, because that was committed before
 *       we called ourselves ready; no term between t and u wrote anything; so its configuration is
 *       one of our log, and since changes are made one at a time, it is ours or its neighbour.
 *       Every majority of it shares a node with every majority of ours. That node voted in term u
 *       before c; it raised its term before it answered the vote (and a candidate before it asked
 *       for votes); terms never fall; it was asked by us after c: so it answered u or more, and the
 *       round failed.
 *   <li><i>All that was acknowledged before c is at or below the noted index.</i> What we committed
 *       was committed here before any node could apply or acknowledge it; so the <em>commit</em>
 *       index is noted, since the applied one of a follower can be ahead of ours. What earlier
 *       terms committed comes before our first entry, which is applied: that is part of being
 *       ready.
 *   <li>So whatever a newer leader commits is concurrent with the call, and a state that has
 *       applied the noted index may be served. Losing leadership while waiting for it changes
 *       nothing.
 * </ol>
 *
 * <p>A term that a crash took back before it was persisted was never voted with. A vote that a
 * power loss took back weakens this exactly as it weakens Raft.
 *
 * <p>Nothing on the way of an undisturbed round is handed to another thread: the caller sends the
 * questions, the thread that brings the deciding answer completes the callers. So callbacks must
 * not block.
 */
public final class TermRound {
  private final LocalRaft raft;
  private final PeerTransport peers;
  private final TaskTimer timer;
  private final Settings settings;

  private final Object lock = new Object();
  // All guarded by lock.
  private List<CompletableFuture<Long>> waiting = new ArrayList<>(); // then some round asks
  private final RoundPace pace = new RoundPace();
  private int callers;
  private boolean timed; // the next round, for when it may begin

  /**
   * Limits of the proof.
   *
   * @param timeout the longest that one round may take; a caller who finds one under way waits for
   *     it too
   * @param retryPause before a voter that gave no answer is asked again within one round
   * @param callersMax callers that wait at once, beyond which more are refused
   */
  public record Settings(Duration timeout, Duration retryPause, int callersMax) {
    public static final Settings DEFAULT =
        new Settings(Duration.ofSeconds(2), Duration.ofMillis(20), 100_000);
  }

  public TermRound(LocalRaft raft, PeerTransport peers, TaskTimer timer, Settings settings) {
    this.raft = raft;
    this.peers = peers;
    this.timer = timer;
    this.settings = settings;
  }

  /**
   * Proves leadership after this call.
   *
   * @return completes with the term that was proved, on a thread that must not be blocked. Fails
   *     with {@link NotLeaderException} when this node does not lead, sees a higher term or gets no
   *     majority in time; with {@link LaggingException} when it leads but did not apply in time;
   *     with {@link OverloadedException} when too many wait
   */
  public CompletableFuture<Long> prove() {
    try {
      if (!raft.leads(raft.term())) {
        return CompletableFuture.failedFuture(NotLeaderException.elsewhere(raft.leadership()));
      }
    } catch (RuntimeException stopped) {
      return CompletableFuture.failedFuture(stopped);
    }
    CompletableFuture<Long> caller = new CompletableFuture<>();
    synchronized (lock) {
      if (callers >= settings.callersMax()) {
        return CompletableFuture.failedFuture(
            new OverloadedException(
                "leadership proof: %d callers wait already".formatted(callers)));
      }
      callers++;
      waiting.add(caller);
      if (!takesPlace()) {
        return caller;
      }
    }
    startNext();
    return caller;
  }

  /** Whether one more round asks now. Otherwise it does later. Under the lock. */
  private boolean takesPlace() {
    long waitNanos = pace.waitNanos(timer.nanoTime());
    if (waitNanos == 0) {
      pace.takePlace();
      return true;
    }
    if (waitNanos != RoundPace.UNTIL_ONE_IS_DECIDED && !timed) {
      timed = true;
      timer.schedule(this::overlap, Duration.ofNanos(waitNanos));
    }
    return false;
  }

  private void overlap() {
    synchronized (lock) {
      timed = false;
      if (waiting.isEmpty() || !takesPlace()) {
        return;
      }
    }
    startNext();
  }

  /** Starts a round for all who wait now, if any do. For whoever has a place. */
  private void startNext() {
    while (true) {
      List<CompletableFuture<Long>> joined;
      synchronized (lock) {
        joined = waiting;
        waiting = new ArrayList<>();
        if (joined.isEmpty()) {
          pace.leavePlace();
          return;
        }
        pace.begun(timer.nanoTime());
      }
      if (start(joined)) {
        return;
      }
    }
  }

  /** A round is decided: in its place the next one may ask. */
  private void decided(long startNanos) {
    synchronized (lock) {
      pace.decided(timer.nanoTime() - startNanos);
    }
    startNext();
  }

  /**
   * Starts one round.
   *
   * @return false if it is over already
   */
  private boolean start(List<CompletableFuture<Long>> joined) {
    try {
      long term = raft.term();
      if (!raft.leads(term)) {
        fail(joined, NotLeaderException.elsewhere(raft.leadership()));
        return false;
      }
      Round round = new Round(joined, term, raft.committedIndex(), raft.voters());
      if (round.voters.isMajority(raft.nodeId()::equals)) {
        round.orFail(round::decideAlone);
        return false;
      }
      round.orFail(round::askAll);
      return true;
    } catch (RuntimeException stopped) {
      // A division that is being closed may refuse any question; the callers must hear of it.
      fail(joined, stopped);
      return false;
    }
  }

  private void fail(List<CompletableFuture<Long>> joined, Throwable cause) {
    release(joined);
    joined.forEach(caller -> caller.completeExceptionally(cause));
  }

  private void release(List<CompletableFuture<Long>> joined) {
    synchronized (lock) {
      callers -= joined.size();
    }
  }

  private final class Round {
    private final List<CompletableFuture<Long>> joined;
    private final long term;
    private final long committedIndex;
    private final Voters voters;
    private final long startNanos = timer.nanoTime();
    private final long deadlineNanos = startNanos + settings.timeout().toNanos();

    // All guarded by this.
    private final Set<String> confirmed = new HashSet<>();
    private final Set<String> givenUp = new HashSet<>();
    private boolean decided;
    private boolean finished;

    Round(List<CompletableFuture<Long>> joined, long term, long committedIndex, Voters voters) {
      this.joined = joined;
      this.term = term;
      this.committedIndex = committedIndex;
      this.voters = voters;
      confirmed.add(raft.nodeId());
    }

    void decideAlone() {
      synchronized (this) {
        decided = true;
      }
      proved();
    }

    void askAll() {
      for (String voter : voters.all()) {
        if (!voter.equals(raft.nodeId())) {
          ask(voter);
        }
      }
    }

    private void ask(String voter) {
      Duration left = Duration.ofNanos(deadlineNanos - timer.nanoTime());
      var unused =
          peers
              .state(voter, left)
              .whenComplete(
                  (state, failure) ->
                      orFail(
                          () -> {
                            // Who may not vote has perhaps forgotten a vote for a newer leader.
                            if (state == null || !state.voter()) {
                              unanswered(voter);
                            } else {
                              answered(voter, state);
                            }
                          }));
    }

    private void answered(String voter, PeerState state) {
      boolean deposed = state.term() > term;
      synchronized (this) {
        if (decided) {
          return;
        }
        confirmed.add(voter);
        decided = deposed || voters.isMajority(confirmed::contains);
        if (!decided) {
          return;
        }
      }
      decided(startNanos);
      if (deposed) {
        finish(new NotLeaderException(Leadership.unknown(raft.leadership().group(), state.term())));
      } else {
        proved();
      }
    }

    private void unanswered(String voter) {
      Duration pause = settings.retryPause();
      boolean again = deadlineNanos - timer.nanoTime() > pause.toNanos();
      synchronized (this) {
        if (decided) {
          return;
        }
        if (!again) {
          givenUp.add(voter);
          decided = !voters.isMajority(other -> !givenUp.contains(other));
          if (!decided) {
            return;
          }
        }
      }
      if (again) {
        timer.schedule(() -> orFail(() -> askAgain(voter)), pause);
        return;
      }
      decided(startNanos);
      // A leader that finds no majority is none, as far as a caller is concerned.
      finish(new NotLeaderException(Leadership.unknown(raft.leadership().group(), term)));
    }

    private void askAgain(String voter) {
      synchronized (this) {
        if (decided) {
          return;
        }
      }
      ask(voter);
    }

    /** The majority has answered; only the state may have to catch up. */
    void proved() {
      if (!raft.leads(term)) {
        finish(NotLeaderException.elsewhere(raft.leadership()));
      } else if (raft.appliedIndex() >= committedIndex) {
        finish(null);
      } else {
        awaitApplied();
      }
    }

    private void awaitApplied() {
      Runnable cancelDeadline =
          timer.schedule(
              () -> orFail(() -> finish(lagging())),
              Duration.ofNanos(Math.max(0, deadlineNanos - timer.nanoTime())));
      var unused =
          raft.whenApplied(committedIndex)
              .whenComplete(
                  (done, failure) -> {
                    cancelDeadline.run();
                    finish(failure);
                  });
    }

    private LaggingException lagging() {
      return new LaggingException(
          "leadership of term %d is proved, but index %d is applied, %d was committed"
              .formatted(term, raft.appliedIndex(), committedIndex));
    }

    /** A step that throws, as on a division that is being closed, must not leave callers behind. */
    private void orFail(Runnable step) {
      try {
        step.run();
      } catch (RuntimeException stopped) {
        boolean last;
        synchronized (this) {
          last = !decided;
          decided = true;
        }
        if (last) {
          decided(startNanos);
        }
        finish(stopped);
      }
    }

    /** Answers the callers; only the first time counts. */
    private void finish(@Nullable Throwable failure) {
      synchronized (this) {
        if (finished) {
          return;
        }
        finished = true;
      }
      if (failure == null) {
        release(joined);
        joined.forEach(caller -> caller.complete(term));
      } else {
        fail(joined, failure);
      }
    }
  }
}
