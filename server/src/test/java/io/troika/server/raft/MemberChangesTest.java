package io.troika.server.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.troika.server.raft.peers.PeerEndpoint;
import io.troika.server.raft.peers.PeerIntroduction.Standing;
import io.troika.server.service.ports.MembershipControl;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The members of a group are changed while it works. */
class MemberChangesTest {
  @TempDir Path root;

  private static void awaitMembers(RaftCluster cluster, String node, String... members) {
    await()
        .atMost(RaftCluster.PATIENCE)
        .until(
            () -> cluster.node(node).endpoint().introduction().membership(),
            known -> known.settled() && known.ids().equals(List.of(members)));
  }

  private static void awaitStanding(RaftCluster cluster, String node, Standing standing) {
    await()
        .atMost(RaftCluster.PATIENCE)
        .until(() -> cluster.node(node).endpoint().introduction().standing() == standing);
  }

  private static MembershipControl membership(RaftCluster cluster) {
    return cluster.node(cluster.leader()).membership();
  }

  private static void add(RaftCluster cluster, String node) {
    cluster.change(members -> members.add(node, cluster.peerAddress(node)));
  }

  @Test
  void add_isNoMemberBefore_andCountsAfterwards() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(20);
      cluster.startJoining("n4");
      awaitStanding(cluster, "n4", Standing.JOINING);
      assertThat(cluster.node("n4").endpoint().state().voter()).isFalse();

      add(cluster, "n4");

      awaitMembers(cluster, "n4", "n1", "n2", "n3", "n4");
      cluster.submitNumbers(5);
      cluster.awaitEqual();
      // A majority of four with its vote only.
      cluster.kill(cluster.leader());
      cluster.submitNumbers(5);
      cluster.awaitEqual();
    }
  }

  @Test
  void add_logIsPurged_takesACheckpointFirst() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.purging(20, 0))) {
      cluster.startAll();
      await()
          .atMost(RaftCluster.PATIENCE)
          .until(
              () -> {
                cluster.submit(RaftCluster.segmentFiller());
                return cluster.logBegin(cluster.leader()) > 0;
              });
      cluster.startJoining("n4");

      add(cluster, "n4");

      assertThat(cluster.network().checkpoints()).isPositive();
      cluster.awaitEqual();
    }
  }

  @Test
  void remove_leader_handsOverAndStandsAside_andDoesNotStartAgain() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(3);
      cluster.startJoining("n4");
      add(cluster, "n4");
      String removed = cluster.leader();

      cluster.change(members -> members.remove(removed, false));

      cluster.node(removed).whenRemoved().get(90, TimeUnit.SECONDS);
      PeerEndpoint endpoint = cluster.node(removed).endpoint();
      assertThat(endpoint.introduction().standing()).isEqualTo(Standing.REMOVED);
      assertThat(endpoint.state().voter()).isFalse();
      assertThat(cluster.node(removed).whenBroken()).isNotDone();
      cluster.stop(removed);
      cluster.submitNumbers(3);
      cluster.awaitEqual();
      assertThatThrownBy(() -> cluster.start(removed))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("was removed from group g0");
    }
  }

  @Test
  void remove_whileDown_learnsOfItWhenItComesBack() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(3);
      cluster.startJoining("n4");
      add(cluster, "n4");
      String removed = cluster.anyFollower();
      cluster.kill(removed);

      cluster.change(members -> members.remove(removed, false));
      cluster.submitNumbers(3);
      cluster.start(removed);

      cluster.node(removed).whenRemoved().get(90, TimeUnit.SECONDS);
      assertThat(cluster.node(removed).whenBroken()).isNotDone();
    }
  }

  @Test
  void replace_deadDisk_newOneVotes_alsoAfterARestartWithTheOldFiles() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(10);
      String dead = cluster.anyFollower();
      cluster.kill(dead);
      cluster.wipe(dead);
      cluster.startJoining("n4");

      cluster.change(members -> members.replace(dead, "n4", cluster.peerAddress("n4")));

      List<String> left = RaftCluster.NODES.stream().filter(node -> !node.equals(dead)).toList();
      awaitMembers(cluster, "n4", left.get(0), left.get(1), "n4");
      String leader = cluster.leader();
      cluster.kill(leader);
      cluster.submitNumbers(5);
      cluster.start(leader);
      cluster.awaitEqual();

      List<String> members = List.of(left.get(0), left.get(1), "n4");
      for (String node : members) {
        cluster.kill(node);
      }
      for (String node : members) {
        cluster.start(node);
      }
      cluster.submitNumbers(2);
      cluster.awaitEqual();
      for (String node : members) {
        awaitMembers(cluster, node, members.toArray(String[]::new));
      }
    }
  }

  /** Its file still says that it is to join; as an empty voter it could vote a second time. */
  @Test
  void addedNodeLosesItsDisk_comesBackAsAMemberThatHasForgottenNothing() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(10);
      cluster.startJoining("n4");
      add(cluster, "n4");
      cluster.kill("n4");
      cluster.wipe("n4");

      cluster.startJoining("n4");

      assertThat(cluster.node("n4").endpoint().introduction().standing())
          .isEqualTo(Standing.ARRIVING);
      awaitStanding(cluster, "n4", Standing.MEMBER);
      awaitMembers(cluster, "n4", "n1", "n2", "n3", "n4");
      cluster.submitNumbers(3);
      cluster.awaitEqual();
    }
  }

  @Test
  void wrongRequests_areRefusedWithTheReason_andChangeNothing() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(3);
      String follower = cluster.anyFollower();

      assertRefused(membership(cluster).remove(follower, false), "the loss of one stops the group");
      assertRefused(membership(cluster).add(follower, "127.0.0.1:1"), "is a member already");
      assertRefused(
          membership(cluster).replace("n9", "n4", "127.0.0.1:1"), "not one of the members");
      assertRefused(
          membership(cluster).replace(follower, cluster.leader(), "127.0.0.1:1"),
          "is a member already");
      assertRefused(membership(cluster).add("n4", "127.0.0.1:1"), "does not answer");
      String other =
          RaftCluster.NODES.stream()
              .filter(node -> !node.equals(follower) && !node.equals(cluster.leader()))
              .findFirst()
              .orElseThrow();
      cluster.kill(follower);
      assertRefused(
          membership(cluster).remove(other, true), "a majority of living ones would be lost");
      cluster.submitNumbers(1);
      awaitMembers(cluster, other, "n1", "n2", "n3");
    }
  }

  private static void assertRefused(CompletableFuture<?> request, String reason) {
    assertThatThrownBy(() -> request.get(90, TimeUnit.SECONDS))
        .hasRootCauseInstanceOf(IllegalArgumentException.class)
        .rootCause()
        .hasMessageContaining(reason);
  }
}
