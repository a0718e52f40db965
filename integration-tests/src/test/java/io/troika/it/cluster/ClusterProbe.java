package io.troika.it.cluster;

import static org.awaitility.Awaitility.await;

import io.troika.client.ClusterStatus;
import io.troika.client.NodeStatus;
import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import java.time.Duration;

/** Looks at a cluster from outside, as an operator does. */
public final class ClusterProbe implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final long LAG_ENTRIES_MAX = 50; // under load nobody is at 0 for long

  private final ProcessCluster cluster;
  private final TroikaClient client;

  public ClusterProbe(ProcessCluster cluster) {
    this.cluster = cluster;
    this.client = PatientClient.connect(cluster.endpoints());
  }

  /** Waits until every node is reachable, a leader is known and nobody lags. */
  public void awaitWhole() {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .ignoreExceptionsInstanceOf(TroikaException.class)
        .until(() -> isWhole(client.admin().status()));
    await()
        .atMost(PATIENCE)
        .ignoreExceptionsInstanceOf(TroikaException.class)
        .until(() -> client.store("main").info() != null);
  }

  private boolean isWhole(ClusterStatus status) {
    return status.leader().isKnown()
        && status.nodes().size() == cluster.nodes().size()
        && status.nodes().stream().allMatch(NodeStatus::reachable)
        && status.nodes().stream().anyMatch(node -> node.role() == NodeStatus.Role.LEADER)
        && status.nodes().stream().allMatch(node -> node.lagEntries() < LAG_ENTRIES_MAX);
  }

  /** The process that leads now. */
  public NodeProcess leader() {
    String[] id = new String[1];
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(20))
        .ignoreExceptionsInstanceOf(TroikaException.class)
        .until(
            () -> {
              id[0] = client.admin().status().leader().nodeId();
              return !id[0].isEmpty() && cluster.node(id[0]).isRunning();
            });
    return cluster.node(id[0]);
  }

  /** Some process that follows now. */
  public NodeProcess follower() {
    NodeProcess leader = leader();
    return cluster.nodes().stream()
        .filter(node -> node != leader && node.isRunning())
        .findFirst()
        .orElseThrow();
  }

  /** Compares the digests of all replicas. */
  public void assertReplicasEqual() {
    Replicas.assertEqual(client);
  }

  /** The client, for what else a test asks. */
  public TroikaClient client() {
    return client;
  }

  @Override
  public void close() {
    client.close();
  }
}
