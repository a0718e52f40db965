package io.troika.server.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.troika.server.config.NodeConfig;
import io.troika.server.raft.files.SegmentCheck.DamagedLogException;
import io.troika.server.raft.peers.PeerTransport.PeerState;
import io.troika.server.tls.NodeTls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nodes whose raft-meta is empty, as Ratis leaves it on a full disk; their logs are there. */
class LostVoteTest {
  @TempDir Path root;

  @Test
  void voteLost_returnsWithItsLog_andRemembersAVoteInThePresentTerm() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(5);
      cluster.awaitEqual();
      String node = cluster.anyFollower();
      long term = cluster.node(node).endpoint().state().term();
      cluster.kill(node);
      loseVote(cluster, node);
      cluster.submitNumbers(5);

      cluster.start(node);

      awaitVoter(cluster, node);
      cluster.awaitEqual();
      assertThat(cluster.state(node).installs()).isZero();
      assertThat(cluster.state(node).numbersGiven()).isEqualTo(10);
      cluster.kill(node);
      assertThat(Files.readAllLines(record(cluster, node)))
          .contains("term=" + term, "votedFor=" + cluster.leader());
    }
  }

  /** Its vote would be enough for a leader, and might be its second one in that term. */
  @Test
  void voteLost_whileOneOfTheOthersIsMissing_doesNotVote() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(5);
      cluster.awaitEqual();
      String leader = cluster.leader();
      String voteless = cluster.anyFollower();
      String third =
          RaftCluster.NODES.stream()
              .filter(node -> !List.of(leader, voteless).contains(node))
              .findFirst()
              .orElseThrow();
      cluster.submitNumbers(5);
      cluster.awaitEqual();
      RaftCluster.NODES.forEach(cluster::kill);
      loseVote(cluster, voteless);

      cluster.start(third);
      cluster.start(voteless);

      long before = cluster.network().voteRequests(voteless);
      await()
          .atMost(RaftCluster.PATIENCE)
          .until(() -> cluster.network().voteRequests(voteless) >= before + 3);
      assertThat(cluster.presentLeader()).isEmpty();
      PeerState state = cluster.node(voteless).endpoint().state();
      assertThat(state.voter()).isFalse();
      assertThat(state.lastEntry().index()).as("others see that it has a log").isGreaterThan(9);
      cluster.start(leader);
      cluster.awaitEqual();
      awaitVoter(cluster, voteless);
      assertThat(cluster.state(voteless).numbersGiven()).isEqualTo(10);
    }
  }

  /** All disks fill alike. */
  @Test
  void allVotesLost_allLogsAreThere_groupGoesOnInANewTerm() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(10);
      cluster.awaitEqual();
      long term = cluster.node("n1").endpoint().state().term();
      RaftCluster.NODES.forEach(cluster::kill);
      for (String node : RaftCluster.NODES) {
        loseVote(cluster, node);
      }

      cluster.startAll();

      cluster.submitNumbers(1);
      cluster.awaitEqual();
      for (String node : RaftCluster.NODES) {
        assertThat(cluster.state(node).numbersGiven()).isEqualTo(11);
        assertThat(cluster.state(node).installs()).isZero();
      }
      assertThat(cluster.node("n1").endpoint().state().term()).isGreaterThan(term);
    }
  }

  /** The first one back is an ordinary member when the second still asks. */
  @Test
  void twoVotesLost_oneRemembers_groupGoesOn() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(10);
      cluster.awaitEqual();
      RaftCluster.NODES.forEach(cluster::kill);
      loseVote(cluster, "n1");
      loseVote(cluster, "n2");

      cluster.startAll();

      cluster.submitNumbers(1);
      awaitVoter(cluster, "n1");
      awaitVoter(cluster, "n2");
      cluster.awaitEqual();
      assertThat(cluster.state("n1").numbersGiven()).isEqualTo(11);
    }
  }

  /** Others count on it; a log that Ratis would refuse is none. */
  @Test
  void voteLost_andAClosedSegmentIsDamaged_refusesToStart() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.purging(1_000, 1_000))) {
      cluster.startAll();
      for (int i = 0; i < 4; i++) {
        cluster.submit(RaftCluster.segmentFiller());
      }
      cluster.awaitEqual();
      String node = cluster.anyFollower();
      cluster.kill(node);
      loseVote(cluster, node);
      Path closed;
      try (var files = Files.list(cluster.logDirectory(node))) {
        closed =
            files
                .filter(file -> file.toString().matches(".*log_\\d+-\\d+"))
                .findAny()
                .orElseThrow();
      }
      byte[] content = Files.readAllBytes(closed);
      Files.write(closed, Arrays.copyOf(content, content.length - 2));

      assertThatThrownBy(() -> cluster.start(node))
          .isInstanceOf(DamagedLogException.class)
          .hasMessageContaining(String.valueOf(closed));
    }
  }

  /** Nobody else has ever been voted for. */
  @Test
  void voteLost_ofAGroupOfOne_goesOnAtOnce() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      NodeConfig three = cluster.nodeConfig("n1");
      NodeConfig alone =
          new NodeConfig(
              "n1",
              three.dataDirectory(),
              List.of(three.members().get(0)),
              three.raft(),
              three.storage(),
              three.limits());
      long term;
      try (RaftNode node = start(cluster, alone)) {
        awaitAppended(node);
        term = node.endpoint().state().term();
      }
      loseVote(cluster, "n1");

      try (RaftNode node = start(cluster, alone)) {
        awaitAppended(node);
        assertThat(node.endpoint().state().term()).isGreaterThan(term);
      }
    }
  }

  private static RaftNode start(RaftCluster cluster, NodeConfig config) throws IOException {
    return RaftNode.start(
        config,
        new LedgerState(config.dataDirectory().resolve("state")),
        cluster.network().transport(config.nodeId()),
        NodeTls.NONE);
  }

  private static void awaitAppended(RaftNode node) {
    await().atMost(RaftCluster.PATIENCE).until(() -> node.log().leadership().self());
    node.log().submit(RaftCluster.number()).join();
  }

  private static void awaitVoter(RaftCluster cluster, String node) {
    await().atMost(RaftCluster.PATIENCE).until(() -> cluster.node(node).endpoint().state().voter());
  }

  private static Path record(RaftCluster cluster, String node) throws IOException {
    return cluster.logDirectory(node).resolve("raft-meta");
  }

  /** Ratis writes the configuration in the same way, and does without it. */
  private static void loseVote(RaftCluster cluster, String node) throws IOException {
    Files.write(record(cluster, node), new byte[0]);
    Files.write(cluster.logDirectory(node).resolve("raft-meta.conf"), new byte[0]);
  }
}
