package io.troika.server.raft.clock;

import io.troika.server.raft.peers.PeerTransport;
import io.troika.server.raft.threads.TaskTimer;
import java.time.Duration;
import java.util.Collection;
import java.util.Locale;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks all other nodes for their clocks, again and again, whoever leads: who leads next has to know
 * them. Says so when this node's own is wrong. Safe for any thread; nothing here blocks.
 */
public final class ClockWatch {
  static final Duration PERIOD = Duration.ofSeconds(1);

  /** Until a majority was heard. */
  static final Duration FIRST_PERIOD = Duration.ofMillis(50);

  /** A slower answer could be off by half of it. */
  static final Duration ANSWER_MAX = Duration.ofSeconds(1);

  private static final Logger log = LoggerFactory.getLogger(ClockWatch.class);
  private static final int LOOKS = 2;
  private static final double MILLIS_PER_SECOND = 1_000;

  private final ClusterClock clock;
  private final PeerTransport peers;
  private final Supplier<? extends Collection<String>> others;
  private final TaskTimer timer;
  private volatile boolean stopped;
  // Used by the timer alone.
  private boolean wasTrusted = true;
  private int differing;

  /**
   * @param others the members but for this node
   */
  public ClockWatch(
      ClusterClock clock,
      PeerTransport peers,
      Supplier<? extends Collection<String>> others,
      TaskTimer timer) {
    this.clock = clock;
    this.peers = peers;
    this.others = others;
    this.timer = timer;
  }

  /** Asks at once, and then again and again. */
  public void start() {
    look();
  }

  public void stop() {
    stopped = true;
  }

  private void look() {
    if (stopped) {
      return;
    }
    // First: one look that fails must not be the last.
    var unused = timer.schedule(this::look, clock.knowsMajority() ? PERIOD : FIRST_PERIOD);
    Collection<String> present = others.get();
    clock.settle(present);
    tell();
    present.forEach(this::ask);
  }

  private void ask(String peer) {
    long asked = timer.nanoTime();
    var unused =
        peers
            .state(peer, ANSWER_MAX)
            .thenAccept(
                state -> {
                  long now = timer.nanoTime();
                  if (now - asked <= ANSWER_MAX.toNanos()) {
                    clock.heard(peer, state.clockMillis(), asked, now);
                    clock.settle(others.get());
                  }
                })
            .exceptionally(
                unreachable -> {
                  log.trace("peer {} does not tell its clock", peer, unreachable);
                  return null;
                });
  }

  /** Twice in a row: after a pause of the machine the first look is at old answers. */
  private void tell() {
    Duration ahead = clock.ahead();
    boolean trusted = clock.isTrusted();
    differing = trusted == wasTrusted ? 0 : differing + 1;
    if (differing < LOOKS) {
      return;
    }
    differing = 0;
    wasTrusted = trusted;
    String apart =
        String.format(
            Locale.ROOT,
            "%.1f s %s that of most nodes",
            ahead.abs().toMillis() / MILLIS_PER_SECOND,
            ahead.isNegative() ? "behind" : "ahead of");
    if (trusted) {
      log.info("the clock of this node is right again: {}", apart);
    } else {
      log.warn(
          "the clock of this node is {} (known: {}): it takes theirs for what it dates. Let NTP set"
              + " it",
          apart,
          clock.known());
    }
  }
}
