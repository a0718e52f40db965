package io.troika.server.service.ports;

import io.troika.server.core.model.LogPosition;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** What operators may see and do of the Raft group; implemented by raft. Safe for any thread. */
public interface ClusterControl {
  /** How long each member is waited for, where nothing else is said. */
  Duration ANSWER_TIMEOUT = Duration.ofSeconds(1);

  /**
   * All members, this node included, ordered by node id, as this node sees them.
   *
   * @param answerTimeout for each; who has not answered then counts as unreachable
   */
  CompletableFuture<List<Member>> members(Duration answerTimeout);

  /** The same with {@link #ANSWER_TIMEOUT}. */
  default CompletableFuture<List<Member>> members() {
    return members(ANSWER_TIMEOUT);
  }

  /**
   * The members of several groups, by group, in the same order.
   *
   * @return fails if those of one can't be told
   */
  static CompletableFuture<Map<String, List<Member>>> membersOf(
      Map<String, ClusterControl> groups) {
    Map<String, CompletableFuture<List<Member>>> asked = new LinkedHashMap<>();
    groups.forEach((name, group) -> asked.put(name, group.members()));
    return CompletableFuture.allOf(asked.values().toArray(CompletableFuture<?>[]::new))
        .thenApply(
            done -> {
              Map<String, List<Member>> found = new LinkedHashMap<>();
              asked.forEach((name, members) -> found.put(name, List.copyOf(members.join())));
              return found;
            });
  }

  /**
   * Hands leadership to another voter, or to the one that is furthest if {@code target} is empty.
   * Completes when the new leader can serve, or is known here for a second; fails with {@link
   * NotLeaderException} or with IllegalArgumentException (unknown target).
   */
  CompletableFuture<Leadership> transferLeadership(String target, Duration timeout);

  /** Makes what is applied here durable now, and lets the log be purged up to it. */
  CompletableFuture<LogPosition> takeSnapshot(Duration timeout);

  /**
   * One member of the group.
   *
   * @param reachable whether it answered when asked for this
   * @param role as it says itself; UNKNOWN when it did not answer
   * @param term its current term, -1 when unknown
   * @param committedIndex -1 when unknown
   * @param appliedIndex -1 when unknown
   * @param snapshotIndex what is durable in its state, -1 when unknown
   * @param diskBytes state and log together, -1 when unknown
   */
  record Member(
      String nodeId,
      String raftAddress,
      String clientAddress,
      boolean reachable,
      Role role,
      long term,
      long committedIndex,
      long appliedIndex,
      long snapshotIndex,
      long diskBytes) {}

  enum Role {
    LEADER,
    FOLLOWER,
    CANDIDATE,
    LEARNER,
    UNKNOWN
  }
}
