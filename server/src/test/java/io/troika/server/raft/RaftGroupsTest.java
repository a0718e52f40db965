package io.troika.server.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.OidsAllocated;
import io.troika.server.raft.peers.Membership;
import io.troika.server.raft.peers.PeerEndpoint;
import io.troika.server.raft.peers.PeerIntroduction;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.ports.MembershipChange.Phase;
import io.troika.server.service.ports.MembershipControl;
import io.troika.server.service.ports.VoteKeeper;
import io.troika.server.service.ports.VotedTransaction;
import io.troika.server.service.refusals.LaggingException;
import io.troika.server.service.refusals.NotNowException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Several groups over one Raft server a node. */
@Timeout(400)
class RaftGroupsTest {
  @TempDir private Path directory;

  private RaftCluster cluster() throws IOException {
    RaftCluster cluster = new RaftCluster(directory, RaftCluster.config());
    cluster.startAll();
    // A further group is created by an entry of g0: there is none before that has begun.
    RaftCluster.NODES.forEach(node -> awaitVoter(cluster, node, "g0"));
    cluster.submitNumbers(1);
    return cluster;
  }

  /** A group in which all nodes have a part. */
  private static FurtherGroups g1(RaftCluster cluster, long createdIndex) throws IOException {
    FurtherGroups g1 = new FurtherGroups(cluster, "g1", createdIndex);
    g1.openAll();
    return g1;
  }

  private static PeerEndpoint part(RaftCluster cluster, String node, String group) {
    return cluster.node(node).endpoints().of(group);
  }

  private static void awaitVoter(RaftCluster cluster, String node, String group) {
    await().atMost(RaftCluster.PATIENCE).until(() -> part(cluster, node, group).state().voter());
  }

  private static long number(Outcome allocated) {
    return ((OidsAllocated) allocated).first().value();
  }

  /** A follower of g0 that has nothing any more; it does not run. */
  private static String wipeAFollower(RaftCluster cluster) throws IOException {
    String wiped = cluster.anyFollower();
    cluster.kill(wiped);
    cluster.wipe(wiped);
    return wiped;
  }

  @Test
  void open_onAllNodes_groupHasALogOfItsOwn() throws IOException {
    try (RaftCluster cluster = cluster()) {
      FurtherGroups g1 = g1(cluster, 5);
      long first = number(g1.submit(RaftCluster.number()));
      long ofMain = number(cluster.submit(RaftCluster.number()));
      // One was taken in g0 before.
      assertThat(ofMain).isEqualTo(first + 1);
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
      FurtherGroups g1 = g1(cluster, 5);
      long before = number(g1.submit(RaftCluster.number()));
      RaftCluster.NODES.forEach(cluster::kill);
      cluster.startAll();
      g1.openAll();
      long after = number(g1.submit(RaftCluster.number()));
      assertThat(after).isEqualTo(before + 1);
      g1.awaitEqual();
    }
  }

  @Test
  void drop_ofAGroup_deletesItsLogAndIsRememberedAfterARestart() throws IOException {
    try (RaftCluster cluster = cluster()) {
      FurtherGroups g1 = g1(cluster, 5);
      g1.submit(RaftCluster.number());
      g1.awaitEqual();
      for (String node : RaftCluster.NODES) {
        assertThat(cluster.node(node).isDropped("g1")).isFalse();
        cluster.node(node).drop("g1");
        cluster.node(node).drop("g1");
        cluster.node(node).drop("of which nothing is here");
        assertThat(cluster.directory(node).resolve("groups").resolve("g1")).doesNotExist();
        assertThat(cluster.node(node).clusters()).containsOnlyKeys("g0");
      }
      cluster.submit(RaftCluster.number());

      String restarted = cluster.anyFollower();
      cluster.kill(restarted);
      cluster.start(restarted);
      // A state of g0 that is older than the drop would have it opened again, empty.
      assertThat(cluster.node(restarted).isDropped("g1")).isTrue();
      assertThat(cluster.node(restarted).isDropped("g2")).isFalse();
      cluster.awaitEqual();
    }
  }

  @Test
  void kill_ofWhoLeads_anotherLeadsBothGroups() throws IOException {
    try (RaftCluster cluster = cluster()) {
      FurtherGroups g1 = g1(cluster, 5);
      long before = number(g1.submit(RaftCluster.number()));
      String killed = g1.leader();
      cluster.kill(killed);
      long after = number(g1.submit(RaftCluster.number()));
      assertThat(after).isEqualTo(before + 1);
      cluster.submit(RaftCluster.number());
      cluster.start(killed);
      g1.open(killed);
      g1.awaitEqual();
    }
  }

  @Test
  void open_afterItsDirectoryWasLost_nodeFetchesTheStateBeforeItVotes() throws IOException {
    try (RaftCluster cluster = cluster()) {
      cluster.submitNumbers(3);
      FurtherGroups g1 = g1(cluster, 0);
      g1.submit(RaftCluster.number());
      String wiped = wipeAFollower(cluster);
      int checkpoints = cluster.network().checkpoints();
      cluster.start(wiped);
      awaitVoter(cluster, wiped, "g0");
      g1.open(wiped);
      assertThat(part(cluster, wiped, "g1").state().voter()).isFalse();
      g1.awaitEqual();
      awaitVoter(cluster, wiped, "g1");
      assertThat(cluster.network().checkpoints()).isGreaterThanOrEqualTo(checkpoints + 2);
    }
  }

  /** It is not written yet what it may have forgotten: it must not take itself for new. */
  @Test
  void open_whileItIsOnItsWayIntoG0_nodeAsksFirst() throws IOException {
    try (RaftCluster cluster = cluster()) {
      cluster.submitNumbers(3);
      FurtherGroups g1 = g1(cluster, 0);
      g1.submit(RaftCluster.number());
      String wiped = wipeAFollower(cluster);
      cluster.start(wiped);
      g1.open(wiped);
      assertThat(part(cluster, wiped, "g1").introduction().standing())
          .isEqualTo(PeerIntroduction.Standing.ARRIVING);
      awaitVoter(cluster, wiped, "g1");
      g1.awaitEqual();
    }
  }

  @Test
  void open_logOfTheGroupLost_isRefused() throws IOException {
    try (RaftCluster cluster = cluster()) {
      FurtherGroups g1 = g1(cluster, 5);
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
      FurtherGroups g1 = g1(cluster, 5);
      String both = cluster.leader();
      lead(g1, both);
      cluster.node(both).handOver();
      assertThat(cluster.leader()).isNotEqualTo(both);
      assertThat(g1.leader()).isNotEqualTo(both);
    }
  }

  private static VoteKeeper keeper(AtomicBoolean suspended) {
    return new VoteKeeper() {
      @Override
      public List<VotedTransaction> suspend() {
        suspended.set(true);
        return List.of();
      }

      @Override
      public void resume() {}

      @Override
      public void keep(long term, List<VotedTransaction> voted) {}
    };
  }

  @Test
  void transferLeadership_toWhoLeads_isDoneAtOnceInTheSameTerm() throws IOException {
    try (RaftCluster cluster = cluster()) {
      FurtherGroups g1 = g1(cluster, 5);
      for (RaftGroup part :
          List.of(cluster.node(cluster.leader()).group("g0"), g1.part(g1.leader()))) {
        Leadership present = part.log().leadership();
        AtomicBoolean suspended = new AtomicBoolean();
        part.log().setVoteKeeper(keeper(suspended));
        assertThat(part.cluster().transferLeadership(present.leader(), Duration.ofSeconds(3)))
            .isCompletedWithValue(present);
        assertThat(suspended).isFalse();
      }
    }
  }

  @Test
  void add_node_isDoneOnceAllGroupsHaveIt() throws IOException {
    try (RaftCluster cluster = cluster()) {
      FurtherGroups g1 = g1(cluster, 0);
      g1.submit(RaftCluster.number());
      cluster.startJoining("n4");
      g1.open("n4");
      cluster.change(members -> members.add("n4", cluster.peerAddress("n4")));
      assertThat(members(g1, g1.leader())).containsExactly("n1", "n2", "n3", "n4");
      awaitVoter(cluster, "n4", "g1");
      g1.submit(RaftCluster.number());
      g1.awaitEqual();
    }
  }

  @Test
  void remove_whoLeadsTheOtherGroup_leavesBoth() throws IOException {
    try (RaftCluster cluster = cluster()) {
      FurtherGroups g1 = g1(cluster, 0);
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
      FurtherGroups g1 = g1(cluster, 0);
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
      FurtherGroups g1 = g1(cluster, 0);
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

  /** It would have forgotten what it voted in g1 if it took itself for new. */
  @Test
  void open_removedWipedAndJoinedAgain_nodeDoesNotBeginAGroupThatItKnew() throws IOException {
    try (RaftCluster cluster = cluster()) {
      FurtherGroups g1 = g1(cluster, 0);
      g1.submit(RaftCluster.number());
      String again = cluster.anyFollower();
      cluster.change(members -> members.remove(again, true));
      cluster.kill(again);
      cluster.wipe(again);
      cluster.startJoining(again);
      var unused = changes(cluster).add(again, cluster.peerAddress(again)).join();
      awaitVoter(cluster, again, "g0");
      g1.open(again);
      assertThat(part(cluster, again, "g1").introduction().standing())
          .isEqualTo(PeerIntroduction.Standing.ARRIVING);
      cluster.change(members -> members.add(again, cluster.peerAddress(again)));
      awaitVoter(cluster, again, "g1");
      g1.awaitEqual();
    }
  }

  @Test
  void add_nodeWithoutAPartInTheOtherGroup_isNotDoneAndNoOtherChangeBegins() throws IOException {
    try (RaftCluster cluster = cluster()) {
      FurtherGroups g1 = g1(cluster, 0);
      g1.submit(RaftCluster.number());
      cluster.startJoining("n4");
      await()
          .atMost(RaftCluster.PATIENCE)
          .ignoreExceptionsMatching(failure -> failure.getCause() instanceof NotNowException)
          .until(
              () ->
                  changes(cluster).add("n4", cluster.peerAddress("n4")).join().phase()
                          == Phase.AGREEING
                      && knowsAsSettled(cluster, "n4"));
      assertThat(changes(cluster).newest().join())
          .hasValueSatisfying(change -> assertThat(change.phase()).isEqualTo(Phase.AGREEING));
      assertThatThrownBy(() -> changes(cluster).remove("n4", true).join())
          .hasRootCauseInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("group g1 has not followed the change of members before");
    }
  }

  @Test
  void add_whileAGroupIsBeingCreated_isRefusedForAMoment() throws IOException {
    try (RaftCluster cluster = cluster()) {
      cluster.startJoining("n4");
      MembershipControl changes = changes(cluster);
      assertThat(changes.settled().join()).hasSize(3);
      assertThatThrownBy(() -> changes.add("n4", cluster.peerAddress("n4")).join())
          .hasCauseInstanceOf(LaggingException.class)
          .hasMessageContaining("a group is being created");
      cluster.change(members -> members.add("n4", cluster.peerAddress("n4")));
    }
  }

  private static MembershipControl changes(RaftCluster cluster) {
    return cluster.node(cluster.leader()).membership();
  }

  private static boolean knowsAsSettled(RaftCluster cluster, String node) {
    Membership known =
        ((RaftGroupNode) cluster.node(cluster.leader()).group("g0")).knownMembership();
    return known.settled() && known.contains(node);
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
                    .transferLeadership(node, Duration.ofSeconds(30))
                    .exceptionally(later -> null)
                    .join();
              }
              return group.part(node).log().leadership().self();
            });
  }
}
