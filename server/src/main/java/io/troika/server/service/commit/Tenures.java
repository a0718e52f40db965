package io.troika.server.service.commit;

import io.troika.server.config.NodeConfig.LimitsConfig;
import io.troika.server.core.RevisionReader;
import io.troika.server.core.model.TransactionId;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.ports.ReplicatedLog;
import io.troika.server.service.ports.ServiceTimer;
import io.troika.server.service.ports.VoteKeeper;
import io.troika.server.service.ports.VotedTransaction;
import io.troika.server.service.refusals.NotLeaderException;
import io.troika.server.service.refusals.StoppingException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Follows leadership: one {@link Tenure} for each term in which this node leads, ended as soon as
 * it is known not to; and takes what is voted from one to the next, on another node. Safe for any
 * thread.
 */
final class Tenures implements VoteKeeper {
  /** A hand-over that has not made this node leader by then was in vain. */
  static final Duration LEGACY_MAX = Duration.ofSeconds(5);

  private final ReplicatedLog log;
  private final RevisionReader reader;
  private final LimitsConfig limits;
  private final ServiceTimer timer;
  private final Object mutex = new Object();

  /** Written under {@link #mutex}; read freely. */
  private volatile @Nullable Tenure present;

  private volatile boolean closed; // written under mutex
  private @Nullable Legacy legacy; // guarded by mutex

  /** What the leader of {@code term} left to this node. */
  private record Legacy(long term, List<VotedTransaction> voted, long endNanos) {}

  Tenures(ReplicatedLog log, RevisionReader reader, LimitsConfig limits, ServiceTimer timer) {
    this.log = log;
    this.reader = reader;
    this.limits = limits;
    this.timer = timer;
    // What is announced may be older than what is known by the time we hear of it: always ask.
    log.addLeadershipListener(announced -> follow());
    log.setVoteKeeper(this);
    follow();
  }

  /**
   * The tenure of the present term.
   *
   * @throws NotLeaderException if this node does not lead
   * @throws StoppingException after {@link #close}
   */
  Tenure current() {
    Leadership now = log.leadership();
    Tenure tenure = present;
    if (!now.self() || tenure == null || tenure.term() != now.term()) {
      tenure = follow(); // the announcement is still on its way
    }
    if (tenure == null) {
      throw closed ? new StoppingException("this node stops") : new NotLeaderException(now);
    }
    return tenure;
  }

  @Nullable Tenure peek() {
    return present;
  }

  void abort(TransactionId id) {
    Tenure tenure = present;
    if (tenure != null) {
      tenure.abort(id);
    }
  }

  private @Nullable Tenure follow() {
    Tenure ended = null;
    Leadership now;
    Tenure tenure;
    synchronized (mutex) {
      if (closed) {
        return null;
      }
      now = log.leadership();
      tenure = present;
      if (tenure != null && !(now.self() && tenure.term() == now.term())) {
        ended = tenure;
        tenure = null;
      }
      if (tenure == null && now.self()) {
        tenure = new Tenure(now.term(), limits, timer, new Quotas(reader));
        // Nobody knows this tenure yet, so nobody is before them.
        tenure.keep(inherited(now));
      }
      if (legacy != null && !now.elected() && now.isKnown() && now.term() > legacy.term()) {
        legacy = null; // another one leads
      }
      present = tenure;
    }
    if (ended != null) {
      ended.close(new NotLeaderException(now));
    }
    return tenure;
  }

  /** What is kept for this term; what has its outcome by now needs no locks. */
  private List<VotedTransaction> inherited(Leadership now) {
    Legacy left = legacy;
    legacy = null;
    return left == null || left.term() >= now.term() || timer.nanoTime() - left.endNanos() > 0
        ? List.of()
        : left.voted().stream().filter(voted -> reader.outcome(voted.id()) == null).toList();
  }

  // ---- VoteKeeper

  @Override
  public List<VotedTransaction> suspend() {
    Tenure tenure = present;
    return tenure == null ? List.of() : tenure.suspend(reader);
  }

  /** A tenure that is over by now ends here: its votes must not be answered any more. */
  @Override
  public void resume() {
    Tenure tenure = follow();
    if (tenure != null) {
      tenure.resume();
    }
  }

  @Override
  public void keep(long term, List<VotedTransaction> voted) {
    synchronized (mutex) {
      legacy = new Legacy(term, voted, timer.nanoTime() + LEGACY_MAX.toNanos());
    }
  }

  void close() {
    Tenure ended;
    synchronized (mutex) {
      closed = true;
      ended = present;
      present = null;
    }
    if (ended != null) {
      ended.close(new StoppingException("this node stops"));
    }
  }
}
