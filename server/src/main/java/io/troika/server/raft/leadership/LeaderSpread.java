package io.troika.server.raft.leadership;

import io.troika.server.core.model.GroupInfo;
import io.troika.server.raft.peers.Membership;
import io.troika.server.raft.threads.Periodic;
import io.troika.server.raft.threads.TaskTimer;
import io.troika.server.service.ports.ClusterControl;
import io.troika.server.service.ports.ClusterControl.Member;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Spreads the leaders of several groups over the nodes. A node that leads at least two groups more
 * than another one hands one over to it: when that has been so for a while, so that restarts one
 * after the other move nothing; one a minute at most; never {@code g0}, whose leader operators
 * follow; and never while a node is out of reach or behind. With one group it does nothing. Works
 * on one thread of the timer and on those that answer questions to peers.
 */
public final class LeaderSpread {
  static final Duration PERIOD = Duration.ofSeconds(5);
  static final Duration LASTING = Duration.ofSeconds(30);
  static final Duration PAUSE = Duration.ofSeconds(60);

  private static final Duration HAND_OVER = Duration.ofSeconds(3);
  private static final long BEHIND_ENTRIES_MAX = 500;
  private static final Logger log = LoggerFactory.getLogger(LeaderSpread.class);

  private final String nodeId;
  private final Supplier<Map<String, String>> leaders;
  private final Supplier<Membership> members;
  private final Function<String, ClusterControl> groups;
  private final TaskTimer timer;
  private final Periodic looks;

  // On the timer's thread only.
  private boolean uneven;
  private long unevenSinceNanos;
  private boolean moved;
  private long movedNanos;

  /** A group that is to be handed to a node. */
  record Move(String group, String target) {}

  /**
   * @param leaders of all groups, by name; empty where none is known
   * @param members of the cluster
   * @param groups what can be done to one, by name
   */
  public LeaderSpread(
      String nodeId,
      Supplier<Map<String, String>> leaders,
      Supplier<Membership> members,
      Function<String, ClusterControl> groups,
      TaskTimer timer) {
    this.nodeId = nodeId;
    this.leaders = leaders;
    this.members = members;
    this.groups = groups;
    this.timer = timer;
    this.looks = new Periodic(timer, PERIOD, this::look);
  }

  public void start() {
    looks.start();
  }

  public void stop() {
    looks.stop();
  }

  private void look() {
    Map<String, String> known = leaders.get();
    Membership present = members.get();
    Optional<Move> move =
        known.size() > 1 && present.settled()
            ? move(nodeId, known, present.ids())
            : Optional.empty();
    long now = timer.nanoTime();
    if (move.isEmpty()) {
      uneven = false;
      return;
    }
    if (!uneven) {
      uneven = true;
      unevenSinceNanos = now;
    }
    if (now - unevenSinceNanos >= LASTING.toNanos()
        && (!moved || now - movedNanos >= PAUSE.toNanos())) {
      moved = true;
      movedNanos = now;
      var unused = make(move.get());
    }
  }

  private CompletableFuture<?> make(Move move) {
    return groups
        .apply(move.group())
        .members()
        .thenCompose(
            seen -> {
              if (!areInStep(seen)) {
                return CompletableFuture.completedFuture(null);
              }
              log.info(
                  "this node leads more groups than {}: it hands {} over",
                  move.target(),
                  move.group());
              return groups.apply(move.group()).transferLeadership(move.target(), HAND_OVER);
            })
        .exceptionally(
            failure -> {
              log.info("group {} was not handed over: {}", move.group(), failure.toString());
              return null;
            });
  }

  private static boolean areInStep(List<Member> members) {
    long newest = members.stream().mapToLong(Member::committedIndex).max().orElse(-1);
    return members.stream()
        .allMatch(
            member -> member.reachable() && newest - member.appliedIndex() <= BEHIND_ENTRIES_MAX);
  }

  /**
   * What this node should hand over; empty while leaders are spread as evenly as can be, or one is
   * not known. A pure function.
   */
  static Optional<Move> move(String nodeId, Map<String, String> leaders, List<String> nodes) {
    Map<String, Long> counts = new TreeMap<>();
    nodes.forEach(node -> counts.put(node, 0L));
    for (String leader : leaders.values()) {
      if (!counts.containsKey(leader)) {
        return Optional.empty();
      }
      counts.merge(leader, 1L, Long::sum);
    }
    Optional<String> target =
        counts.keySet().stream().min(Comparator.comparing(node -> counts.getOrDefault(node, 0L)));
    if (target.isEmpty()
        || counts.getOrDefault(nodeId, 0L) - counts.getOrDefault(target.get(), 0L) < 2) {
      return Optional.empty();
    }
    return leaders.entrySet().stream()
        .filter(each -> each.getValue().equals(nodeId) && !each.getKey().equals(GroupInfo.MAIN))
        .map(Map.Entry::getKey)
        .max(Comparator.naturalOrder())
        .map(group -> new Move(group, target.get()));
  }
}
