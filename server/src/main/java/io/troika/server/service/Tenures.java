package io.troika.server.service;

import io.troika.server.config.NodeConfig.LimitsConfig;
import io.troika.server.core.RevisionReader;
import io.troika.server.core.model.TransactionId;
import org.jspecify.annotations.Nullable;

/**
 * Follows leadership: one {@link Tenure} for each term in which this node leads, ended as soon as
 * it is known not to. Safe for any thread.
 */
final class Tenures {
  private final ReplicatedLog log;
  private final RevisionReader reader;
  private final LimitsConfig limits;
  private final ServiceTimer timer;
  private final Object mutex = new Object();

  /** Written under {@link #mutex}; read freely. */
  private volatile @Nullable Tenure present;

  private volatile boolean closed; // written under mutex

  Tenures(ReplicatedLog log, RevisionReader reader, LimitsConfig limits, ServiceTimer timer) {
    this.log = log;
    this.reader = reader;
    this.limits = limits;
    this.timer = timer;
    // What is announced may be older than what is known by the time we hear of it: always ask.
    log.addLeadershipListener(announced -> follow());
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
      }
      present = tenure;
    }
    if (ended != null) {
      ended.close(new NotLeaderException(now));
    }
    return tenure;
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
