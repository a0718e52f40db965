package io.troika.it.zodb;

import static io.troika.it.zodb.WarmCache.Where.LEADER_ELSEWHERE;
import static io.troika.it.zodb.WarmCache.Where.OWN_NODE;
import static io.troika.it.zodb.WarmCache.Where.OWN_NODE_FOLLOWING;

import io.troika.it.cluster.ClusterProbe;
import io.troika.it.cluster.NodeProcess;
import io.troika.it.cluster.ProcessCluster;
import io.troika.it.network.Links;
import io.troika.it.network.OwnNetwork;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What {@link WarmCacheIT} runs in a network of its own: the client's node is cut off. */
public final class CutOffNodes {
  private static final int NODES = 3;

  private final ProcessCluster cluster;
  private final Links links;

  private CutOffNodes(ProcessCluster cluster, Links links) {
    this.cluster = cluster;
    this.links = links;
  }

  /**
   * In a process of {@link OwnNetwork}.
   *
   * @param args the directory of the nodes
   */
  public static void main(String[] args) throws Exception {
    Path directory = Path.of(args[0]);
    Links links = Links.make(NODES);
    try (ProcessCluster cluster =
            ProcessCluster.start(directory, NODES, links, "security.plain-text = anywhere");
        ClusterProbe probe = new ClusterProbe(cluster)) {
      CutOffNodes cuts = new CutOffNodes(cluster, links);
      new WarmCache(WarmCache.python(), directory, cluster, probe)
          .suffer(cuts.faults(), WarmCache.rounds());
    }
    System.exit(0); // whatever else still runs here
  }

  private List<WarmCache.Fault> faults() {
    return List.of(
        new WarmCache.Fault("own node without the others", OWN_NODE, this::cutFromAll, this::heal),
        new WarmCache.Fault(
            "own node without the leader", OWN_NODE_FOLLOWING, this::cutFromLeader, this::heal),
        new WarmCache.Fault(
            "leader without the others", LEADER_ELSEWHERE, this::cutFromAll, this::heal));
  }

  private void cutFromAll(NodeProcess node, NodeProcess ignored)
      throws IOException, InterruptedException {
    for (NodeProcess other : cluster.nodes()) {
      if (other != node) {
        links.cutBothWays(node.id(), other.id());
      }
    }
  }

  private void cutFromLeader(NodeProcess node, NodeProcess leader)
      throws IOException, InterruptedException {
    links.cutBothWays(node.id(), leader.id());
  }

  private void heal(NodeProcess ignored, NodeProcess leader)
      throws IOException, InterruptedException {
    links.heal();
  }
}
