package io.troika.server.raft;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.awaitility.Awaitility.await;

import io.troika.server.config.NodeConfig.MemberConfig;
import io.troika.server.core.command.Command;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.raft.division.GroupPeers;
import io.troika.server.service.refusals.NotNowException;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** One more group on the nodes of a {@link RaftCluster}. For one test thread. */
final class FurtherGroups {
  private final RaftCluster cluster;
  private final GroupInfo info;
  private final Map<String, LedgerState> states = new TreeMap<>();
  private final Map<String, RaftGroup> parts = new TreeMap<>();

  /**
   * @param createdIndex of g0's log
   */
  FurtherGroups(RaftCluster cluster, String name, long createdIndex) {
    this.cluster = cluster;
    List<MemberConfig> members = cluster.nodeConfig("n1").members();
    info =
        new GroupInfo(
            name,
            UUID.nameUUIDFromBytes(name.getBytes(UTF_8)),
            createdIndex,
            members.stream().map(GroupPeers::toInfo).toList());
  }

  GroupInfo info() {
    return info;
  }

  /** The node's part begins, over what its directory holds. */
  void open(String node) throws IOException {
    LedgerState state = new LedgerState(cluster.directory(node).resolve("state-" + info.name()));
    states.put(node, state);
    parts.put(node, cluster.node(node).open(info, state));
  }

  void openAll() throws IOException {
    for (String node : RaftCluster.NODES) {
      open(node);
    }
  }

  RaftGroup part(String node) {
    return requireNonNull(parts.get(node));
  }

  LedgerState state(String node) {
    return requireNonNull(states.get(node));
  }

  /** The one that leads this group and is ready; waits for it. */
  String leader() {
    return await()
        .atMost(RaftCluster.PATIENCE)
        .pollInterval(Duration.ofMillis(10))
        .until(this::presentLeader, Optional::isPresent)
        .orElseThrow();
  }

  private Optional<String> presentLeader() {
    return running().stream().filter(node -> part(node).log().leadership().self()).findFirst();
  }

  private Set<String> running() {
    Set<String> running = new HashSet<>(parts.keySet());
    running.removeIf(node -> !cluster.isRunning(node));
    return running;
  }

  Outcome submit(Command command) {
    long giveUpNanos = System.nanoTime() + RaftCluster.PATIENCE.toNanos();
    while (true) {
      try {
        return part(leader())
            .log()
            .submit(command)
            .orTimeout(RaftCluster.PATIENCE.toSeconds(), TimeUnit.SECONDS)
            .join();
      } catch (CompletionException e) {
        if (!(e.getCause() instanceof NotNowException) || System.nanoTime() > giveUpNanos) {
          throw e;
        }
      }
    }
  }

  /** All running parts show the same, and as much as the leader has. */
  void awaitEqual() {
    await()
        .atMost(RaftCluster.PATIENCE)
        .pollInterval(Duration.ofMillis(20))
        .until(
            () ->
                running().stream()
                        .map(node -> state(node).applied().index() + " " + state(node).digest())
                        .distinct()
                        .count()
                    == 1);
  }
}
