package io.troika.server.raft.replication;

import io.troika.server.raft.peers.PeerTransport;
import io.troika.server.raft.threads.TaskTimer;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells when a peer that was out of reach takes part again, so that Ratis can be made to connect to
 * it anew. Left alone, a Raft connection to a node that was down is tried again only after gRPC's
 * growing pause (up to minutes), and not for a vote that is asked of it meanwhile: the node is
 * back, its vote is missing, and when the next leader dies too there is no majority.
 *
 * <p>A peer is out of reach from the start, and again each time the connection to it breaks; it is
 * back when it answers a question about its Raft state, which it does once Ratis listens there.
 * Safe for any thread; nothing here blocks.
 */
public final class ReturnWatch {
  static final Duration PERIOD = Duration.ofMillis(50);
  private static final Duration ANSWER_TIMEOUT = Duration.ofMillis(400);
  private static final Logger log = LoggerFactory.getLogger(ReturnWatch.class);

  private final PeerTransport peers;
  private final TaskTimer timer;
  private final Consumer<String> returned;
  // How often each peer that is looked for was lost since it was seen last.
  private final Map<String, Long> losses = new ConcurrentHashMap<>();
  private volatile Set<String> followed = Set.of();
  private volatile boolean stopped;

  /**
   * @param returned told the id of each peer that is back, on a thread that it must not block
   */
  public ReturnWatch(PeerTransport peers, TaskTimer timer, Consumer<String> returned) {
    this.peers = peers;
    this.timer = timer;
    this.returned = returned;
  }

  /** Begins to look for {@code others}. */
  public void start(Collection<String> others) {
    peers.onConnectionLost(this::lost);
    follow(others);
  }

  /** From now on these are the others: new ones are looked for, the rest is forgotten. */
  public synchronized void follow(Collection<String> others) {
    Set<String> before = followed;
    followed = Set.copyOf(others);
    losses.keySet().retainAll(followed);
    followed.stream().filter(peer -> !before.contains(peer)).forEach(this::lost);
  }

  public void stop() {
    stopped = true;
  }

  private void lost(String peer) {
    if (followed.contains(peer) && losses.merge(peer, 1L, Long::sum) == 1) {
      ask(peer);
    }
  }

  private void ask(String peer) {
    Long seen = losses.get(peer);
    if (stopped || seen == null) {
      return;
    }
    var unused =
        peers
            .state(peer, ANSWER_TIMEOUT)
            .handle(
                (state, failure) -> {
                  // An answer that a newer loss has overtaken says nothing any more.
                  if (state != null && losses.remove(peer, seen)) {
                    log.debug("peer {} takes part again", peer);
                    returned.accept(peer);
                  } else {
                    timer.schedule(() -> ask(peer), PERIOD);
                  }
                  return state;
                });
  }
}
