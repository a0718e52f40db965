package io.troika.server.raft.replication;

import io.troika.server.raft.peers.PeerTransport;
import io.troika.server.raft.threads.Periodic;
import io.troika.server.raft.threads.TaskTimer;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Frees a leader's appender from a connection that is dead and does not say so. A follower whose
 * network was cut comes back, perhaps at another address, while TCP goes on sending into the void:
 * next after a pause of up to 2 minutes, and for a quarter of an hour before it gives up. Ratis has
 * no keep-alive; once flow control admits no more, its appender waits inside gRPC for as long as
 * that. The follower stays behind though everything else reaches it, and its requests for votes are
 * refused.
 *
 * <p>So where a follower answers questions and has long not answered over Raft, the leader gives
 * Ratis a new connection to it. If it stays silent, the leader replaces the appender too: one whose
 * stream ended in the moment in which the connection was changed waits for that stream for ever.
 * Repeated while it is silent, after longer and longer silences, for there may be another reason: a
 * state that is being put in place, or a link so slow or bad that answers take this long. There
 * each new connection would cost what was on its way.
 *
 * <p>Works on one thread of the timer and on those that answer questions to peers.
 */
public final class SilenceWatch {
  static final Duration PERIOD = Duration.ofMillis(500);

  /** Heartbeats are answered at least every second. */
  static final Duration SILENCE_MAX = Duration.ofSeconds(3);

  /** For a connection to be closed, which takes up to 5 s, and the next one to show its worth. */
  static final Duration PAUSE = Duration.ofSeconds(6);

  /** The longest silence that is waited for, at a follower where it has not helped. */
  static final Duration PATIENCE_MAX = Duration.ofMinutes(3);

  private static final Duration ANSWER_TIMEOUT = Duration.ofMillis(400);
  private static final Logger log = LoggerFactory.getLogger(SilenceWatch.class);

  private final Appenders appenders;
  private final PeerTransport peers;
  private final TaskTimer timer;
  private final Consumer<String> renewConnection;
  // By follower.
  private final Map<String, Cure> cures = new ConcurrentHashMap<>();
  private final Periodic looks;

  /**
   * When something was done last for a follower.
   *
   * @param patience the silence after which something is done again
   */
  private record Cure(long nanos, Duration patience) {}

  /**
   * @param renewConnection drops Ratis's connection to the peer with that id and makes a new one;
   *     it must not block
   */
  public SilenceWatch(
      Appenders appenders, PeerTransport peers, TaskTimer timer, Consumer<String> renewConnection) {
    this.appenders = appenders;
    this.peers = peers;
    this.timer = timer;
    this.renewConnection = renewConnection;
    this.looks = new Periodic(timer, PERIOD, this::look);
  }

  public void start() {
    looks.start();
  }

  public void stop() {
    looks.stop();
  }

  private void look() {
    Set<String> silent = ConcurrentHashMap.newKeySet();
    appenders.forEach(
        appender -> {
          if (isSilent(appender)) {
            silent.add(appender.follower());
          }
          if (isDue(appender)) {
            var unused =
                peers
                    .state(appender.follower(), ANSWER_TIMEOUT)
                    .whenComplete(
                        (reachable, failure) -> {
                          if (failure == null) {
                            cure(appender);
                          }
                        });
          }
        });
    // Forgotten once it was well for longer than it had been ill.
    cures
        .entrySet()
        .removeIf(
            entry ->
                !silent.contains(entry.getKey())
                    && since(entry.getValue()).compareTo(entry.getValue().patience()) > 0);
  }

  /** How many followers it remembers. */
  int knownCount() {
    return cures.size();
  }

  private static boolean isSilent(Appenders.Appender appender) {
    return appender.silence().compareTo(SILENCE_MAX) > 0;
  }

  private boolean isDue(Appenders.Appender appender) {
    Cure last = cures.get(appender.follower());
    if (last == null) {
      return isSilent(appender);
    }
    return appender.silence().compareTo(last.patience()) > 0 && since(last).compareTo(PAUSE) >= 0;
  }

  private Duration since(Cure cure) {
    return Duration.ofNanos(timer.nanoTime() - cure.nanos());
  }

  private void cure(Appenders.Appender appender) {
    if (looks.isStopped() || !appenders.has(appender) || !isDue(appender)) {
      return;
    }
    Cure last = cures.get(appender.follower());
    boolean inVain = last != null && appender.silence().compareTo(since(last)) >= 0;
    Duration longer = last == null ? PAUSE : last.patience().multipliedBy(2);
    Duration patience = longer.compareTo(PATIENCE_MAX) < 0 ? longer : PATIENCE_MAX;
    cures.put(appender.follower(), new Cure(timer.nanoTime(), patience));
    log.info(
        "follower {} answers questions, and for {} ms nothing over Raft: connecting anew",
        appender.follower(),
        appender.silence().toMillis());
    try {
      renewConnection.accept(appender.follower());
      if (inVain) {
        appender.replace();
      }
    } catch (RuntimeException stopped) {
      log.warn("follower {} was not connected anew", appender.follower(), stopped);
    }
  }
}
