package io.troika.server.raft.replication;

import io.troika.server.raft.division.DivisionView;
import io.troika.server.raft.peers.PeerTransport;
import io.troika.server.raft.peers.PeerTransport.PeerState;
import io.troika.server.raft.threads.Periodic;
import io.troika.server.raft.threads.TaskTimer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Wakes Ratis when a follower lags and nothing is written. A follower that lost entries (wiped, or
 * its torn tail cut) answers heartbeats with "inconsistent", and the leader, which remembers more
 * of it, goes on sending heartbeats for ever (RATIS-2135, RATIS-2523); only an append makes it look
 * back. So a leader that sees a follower behind and standing still appends an entry that does
 * nothing. Repeated with growing pauses, for a follower may stand still for another reason: it
 * fetches a checkpoint.
 *
 * <p>Works on one thread of the timer and on those that answer questions to peers.
 */
public final class LaggardWatch {
  private static final Duration PERIOD = Duration.ofMillis(500);
  private static final Duration ANSWER_TIMEOUT = Duration.ofMillis(400);
  private static final int PATIENCE_PERIODS = 2;
  private static final int PATIENCE_PERIODS_MAX = 64;
  private static final Logger log = LoggerFactory.getLogger(LaggardWatch.class);

  /**
   * What was seen of a follower last.
   *
   * @param lastIndex of its log
   * @param still periods for which it has been behind and did not move
   * @param patience periods to wait before the next entry is appended for it
   */
  private record Sight(long lastIndex, int still, int patience) {}

  private final DivisionView view;
  private final PeerTransport peers;
  private final Runnable appendNoOperation;
  private final FollowersRoom room;
  private final Map<String, Sight> sights = new ConcurrentHashMap<>();
  private final Periodic looks;

  /**
   * @param room is told what followers say of theirs
   */
  public LaggardWatch(
      DivisionView view,
      PeerTransport peers,
      TaskTimer timer,
      Runnable appendNoOperation,
      FollowersRoom room) {
    this.view = view;
    this.peers = peers;
    this.appendNoOperation = appendNoOperation;
    this.room = room;
    this.looks = new Periodic(timer, PERIOD, this::look);
  }

  public void start() {
    looks.start();
  }

  public void stop() {
    looks.stop();
  }

  private void look() {
    long term = view.term();
    if (view.leads(term)) {
      long lastIndex = view.lastEntry().index();
      followers()
          .forEach(
              peer -> {
                var unused =
                    peers
                        .state(peer, ANSWER_TIMEOUT)
                        .thenAccept(state -> seen(peer, state, term, lastIndex))
                        .exceptionally(unreachable -> forget(peer));
              });
    } else {
      sights.clear();
      room.clear();
    }
  }

  private List<String> followers() {
    return view.members().stream().filter(peer -> !peer.equals(view.nodeId())).toList();
  }

  private @Nullable Void forget(String peer) {
    sights.remove(peer);
    room.saw(peer, null);
    return null;
  }

  private void seen(String peer, PeerState state, long term, long leaderIndex) {
    room.saw(peer, state);
    long index = state.lastEntry().index();
    Sight before = sights.get(peer);
    if (index >= leaderIndex) {
      sights.remove(peer);
      return;
    }
    if (before == null || before.lastIndex() != index) {
      sights.put(peer, new Sight(index, 1, PATIENCE_PERIODS));
      return;
    }
    if (before.still() < before.patience()) {
      sights.put(peer, new Sight(index, before.still() + 1, before.patience()));
      return;
    }
    sights.put(peer, new Sight(index, 1, Math.min(2 * before.patience(), PATIENCE_PERIODS_MAX)));
    if (view.leads(term)) {
      log.info(
          "follower {} stands still at index {}, the log ends at {}: appending a no-operation",
          peer,
          index,
          leaderIndex);
      appendNoOperation.run();
    }
  }
}
