package io.troika.server.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.troika.server.core.command.Outcome.OidsAllocated;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Several groups over one Raft server a node. */
@Timeout(180)
class RaftGroupsTest {
  @TempDir private Path directory;

  private RaftCluster cluster() throws IOException {
    RaftCluster cluster = new RaftCluster(directory, RaftCluster.config());
    cluster.startAll();
    // A further group is created by an entry of g0: there is none before that has begun.
    await()
        .atMost(RaftCluster.PATIENCE)
        .until(
            () ->
                RaftCluster.NODES.stream()
                    .allMatch(node -> cluster.node(node).endpoint().state().voter()));
    cluster.submitNumbers(1);
    return cluster;
  }

  @Test
  void open_onAllNodes_groupHasALogOfItsOwn() throws IOException {
    try (RaftCluster cluster = cluster()) {
      FurtherGroups g1 = new FurtherGroups(cluster, "g1", 5);
      g1.openAll();
      OidsAllocated first = (OidsAllocated) g1.submit(RaftCluster.number());
      OidsAllocated ofMain = (OidsAllocated) cluster.submit(RaftCluster.number());
      // One was taken in g0 before.
      assertThat(ofMain.first().value()).isEqualTo(first.first().value() + 1);
      g1.awaitEqual();
      cluster.awaitEqual();
      assertThat(g1.part("n1").log().leadership().group()).isEqualTo("g1");
      assertThat(cluster.node("n1").log().leadership().group()).isEqualTo("g0");
    }
  }

  @Test
  void open_oneNodeAway_othersBeginAndItCatchesUp() throws IOException {
    try (RaftCluster cluster = cluster()) {
      String away = cluster.anyFollower();
      cluster.kill(away);
      FurtherGroups g1 = new FurtherGroups(cluster, "g1", 5);
      for (String node : RaftCluster.NODES) {
        if (!node.equals(away)) {
          g1.open(node);
        }
      }
      for (int i = 0; i < 20; i++) {
        g1.submit(RaftCluster.number());
      }
      cluster.start(away);
      g1.open(away);
      g1.awaitEqual();
    }
  }

  @Test
  void restart_ofAllNodes_groupGoesOnWithItsLog() throws IOException {
    try (RaftCluster cluster = cluster()) {
      FurtherGroups g1 = new FurtherGroups(cluster, "g1", 5);
      g1.openAll();
      OidsAllocated before = (OidsAllocated) g1.submit(RaftCluster.number());
      RaftCluster.NODES.forEach(cluster::kill);
      cluster.startAll();
      g1.openAll();
      OidsAllocated after = (OidsAllocated) g1.submit(RaftCluster.number());
      assertThat(after.first().value()).isEqualTo(before.first().value() + 1);
      g1.awaitEqual();
    }
  }

  @Test
  void kill_ofWhoLeads_anotherLeadsBothGroups() throws IOException {
    try (RaftCluster cluster = cluster()) {
      FurtherGroups g1 = new FurtherGroups(cluster, "g1", 5);
      g1.openAll();
      OidsAllocated before = (OidsAllocated) g1.submit(RaftCluster.number());
      String killed = g1.leader();
      cluster.kill(killed);
      OidsAllocated after = (OidsAllocated) g1.submit(RaftCluster.number());
      assertThat(after.first().value()).isEqualTo(before.first().value() + 1);
      cluster.submit(RaftCluster.number());
      cluster.start(killed);
      g1.open(killed);
      g1.awaitEqual();
    }
  }

  @Test
  void open_afterItsDirectoryWasLost_nodeFetchesTheStateBeforeItVotes() throws IOException {
    try (RaftCluster cluster = cluster()) {
      FurtherGroups g1 = new FurtherGroups(cluster, "g1", 0);
      cluster.submitNumbers(3);
      g1.openAll();
      g1.submit(RaftCluster.number());
      String wiped = cluster.anyFollower();
      cluster.kill(wiped);
      cluster.wipe(wiped);
      int checkpoints = cluster.network().checkpoints();
      cluster.start(wiped);
      await()
          .atMost(RaftCluster.PATIENCE)
          .until(() -> cluster.node(wiped).endpoint().state().voter());
      g1.open(wiped);
      assertThat(cluster.node(wiped).endpoints().of("g1").state().voter()).isFalse();
      g1.awaitEqual();
      await()
          .atMost(RaftCluster.PATIENCE)
          .until(() -> cluster.node(wiped).endpoints().of("g1").state().voter());
      assertThat(cluster.network().checkpoints()).isGreaterThanOrEqualTo(checkpoints + 2);
    }
  }

  /** It is not written yet what it may have forgotten: it must not take itself for new. */
  @Test
  void open_whileItIsOnItsWayIntoG0_nodeAsksFirst() throws IOException {
    try (RaftCluster cluster = cluster()) {
      FurtherGroups g1 = new FurtherGroups(cluster, "g1", 0);
      cluster.submitNumbers(3);
      g1.openAll();
      g1.submit(RaftCluster.number());
      String wiped = cluster.anyFollower();
      cluster.kill(wiped);
      cluster.wipe(wiped);
      cluster.start(wiped);
      g1.open(wiped);
      assertThat(cluster.node(wiped).endpoints().of("g1").introduction().standing())
          .isEqualTo(PeerIntroduction.Standing.ARRIVING);
      await()
          .atMost(RaftCluster.PATIENCE)
          .until(() -> cluster.node(wiped).endpoints().of("g1").state().voter());
      g1.awaitEqual();
    }
  }

  @Test
  void open_logOfTheGroupLost_isRefused() throws IOException {
    try (RaftCluster cluster = cluster()) {
      FurtherGroups g1 = new FurtherGroups(cluster, "g1", 5);
      g1.openAll();
      g1.submit(RaftCluster.number());
      cluster.kill("n2");
      RaftFiles.delete(cluster.directory("n2").resolve("groups"));
      cluster.start("n2");
      assertThatThrownBy(() -> g1.open("n2"))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("was a member of group g1");
    }
  }

  @Test
  void handOver_ofWhoLeadsBoth_passesBothOn() throws IOException {
    try (RaftCluster cluster = cluster()) {
      FurtherGroups g1 = new FurtherGroups(cluster, "g1", 5);
      g1.openAll();
      String both = cluster.leader();
      lead(g1, both);
      cluster.node(both).handOver();
      assertThat(cluster.leader()).isNotEqualTo(both);
      assertThat(g1.leader()).isNotEqualTo(both);
    }
  }

  @Test
  void add_node_isDoneOnceAllGroupsHaveIt() throws IOException {
    try (RaftCluster cluster = cluster()) {
      FurtherGroups g1 = new FurtherGroups(cluster, "g1", 0);
      g1.openAll();
      g1.submit(RaftCluster.number());
      cluster.startJoining("n4");
      g1.open("n4");
      cluster.change(members -> members.add("n4", cluster.peerAddress("n4")));
      assertThat(members(g1, g1.leader())).containsExactly("n1", "n2", "n3", "n4");
      await()
          .atMost(RaftCluster.PATIENCE)
          .until(() -> cluster.node("n4").endpoints().of("g1").state().voter());
      g1.submit(RaftCluster.number());
      g1.awaitEqual();
    }
  }

  @Test
  void remove_whoLeadsTheOtherGroup_leavesBoth() throws IOException {
    try (RaftCluster cluster = cluster()) {
      FurtherGroups g1 = new FurtherGroups(cluster, "g1", 0);
      g1.openAll();
      g1.submit(RaftCluster.number());
      String removed = cluster.anyFollower();
      lead(g1, removed);
      cluster.change(members -> members.remove(removed, true));
      assertThat(g1.leader()).isNotEqualTo(removed);
      assertThat(members(g1, g1.leader())).hasSize(2).doesNotContain(removed);
      cluster.kill(removed);
      g1.submit(RaftCluster.number());
      cluster.submit(RaftCluster.number());
    }
  }

  @Test
  void replace_aDeadNode_inAllGroups() throws IOException {
    try (RaftCluster cluster = cluster()) {
      FurtherGroups g1 = new FurtherGroups(cluster, "g1", 0);
      g1.openAll();
      g1.submit(RaftCluster.number());
      String dead = cluster.anyFollower();
      cluster.kill(dead);
      g1.leader();
      cluster.startJoining("n4");
      g1.open("n4");
      cluster.change(members -> members.replace(dead, "n4", cluster.peerAddress("n4")));
      assertThat(members(g1, g1.leader())).hasSize(3).contains("n4").doesNotContain(dead);
      g1.submit(RaftCluster.number());
      g1.awaitEqual();
    }
  }

  @Test
  void remove_wouldLeaveAGroupWithoutAMajority_isRefusedThoughG0HasOne() throws IOException {
    try (RaftCluster cluster = cluster()) {
      FurtherGroups g1 = new FurtherGroups(cluster, "g1", 0);
      g1.openAll();
      g1.submit(RaftCluster.number());
      // It has a part in g0 only: in g1 two are alive.
      String leader = cluster.leader();
      String half = cluster.anyFollower();
      cluster.kill(half);
      cluster.start(half);
      cluster.awaitEqual();
      String other =
          RaftCluster.NODES.stream()
              .filter(node -> !node.equals(leader) && !node.equals(half))
              .findFirst()
              .orElseThrow();
      assertThatThrownBy(() -> cluster.change(members -> members.remove(other, true)))
          .hasRootCauseInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("a majority of living ones would be lost");
    }
  }

  private static List<String> members(FurtherGroups group, String node) {
    return ((RaftGroupNode) group.part(node)).knownMembership().ids();
  }

  private static void lead(FurtherGroups group, String node) {
    await()
        .atMost(RaftCluster.PATIENCE)
        .until(
            () -> {
              String leads = group.leader();
              if (!leads.equals(node)) {
                group
                    .part(leads)
                    .cluster()
                    .transferLeadership(node, Duration.ofSeconds(3))
                    .exceptionally(later -> null)
                    .join();
              }
              return group.part(node).log().leadership().self();
            });
  }
}
