package io.troika.server.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.server.raft.files.DataDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nodes whose directory was emptied: what they had voted and acknowledged must not be lost. */
class EmptyDirectoryTest {
  /** A node that may vote would have by now. */
  private static final int VOTE_REQUESTS = 3;

  @TempDir Path root;

  /** With an empty voter the node that missed half of it all would be elected. */
  @Test
  void wiped_whileOnlyAnOlderLogIsThere_doesNotVoteTransactionsAway() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(5);
      cluster.awaitEqual();
      String leader = cluster.leader();
      String older = cluster.anyFollower();
      String wiped = others(leader, older).get(0);
      cluster.kill(older);
      cluster.submitNumbers(5);
      cluster.awaitEqual();
      cluster.kill(leader);
      cluster.kill(wiped);
      cluster.wipe(wiped);

      cluster.start(older);
      cluster.start(wiped);

      awaitVoteRequests(cluster, wiped);
      assertThat(cluster.presentLeader()).isEmpty();
      assertThat(cluster.node(wiped).endpoint().state().voter()).isFalse();
      cluster.start(leader);
      cluster.awaitEqual();
      assertThat(cluster.state(wiped).numbersGiven()).isEqualTo(10);
      await().until(() -> cluster.node(wiped).endpoint().state().voter());
    }
  }

  /** Together with the one that was wiped, and only with it, the other makes a majority. */
  @Test
  void wiped_onceItIsBack_votes() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(5);
      String wiped = cluster.anyFollower();
      cluster.kill(wiped);
      cluster.wipe(wiped);
      cluster.start(wiped);
      cluster.awaitEqual();
      await().atMost(RaftCluster.PATIENCE).until(() -> isVoter(cluster, wiped));

      cluster.kill(cluster.leader());

      cluster.submitNumbers(5);
      cluster.awaitEqual();
      assertThat(cluster.state(wiped).numbersGiven()).isEqualTo(10);
    }
  }

  /** As if it had just voted for the present leader: not for another in that term. */
  @Test
  void wiped_onceItIsBack_remembersAVoteInThePresentTerm() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(5);
      String wiped = cluster.anyFollower();
      long term = cluster.node(wiped).endpoint().state().term();
      cluster.kill(wiped);
      cluster.wipe(wiped);
      cluster.start(wiped);
      await().atMost(RaftCluster.PATIENCE).until(() -> isVoter(cluster, wiped));
      cluster.kill(wiped);

      assertThat(Files.readAllLines(cluster.logDirectory(wiped).resolve("raft-meta")))
          .contains("term=" + term, "votedFor=" + cluster.leader());
    }
  }

  /** Nothing can tell what the two had acknowledged; the way out is an operator's decision. */
  @Test
  void majorityWiped_nobodyLeads_untilTheSurvivorIsCopied() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(10);
      cluster.awaitEqual();
      RaftCluster.NODES.forEach(cluster::kill);
      cluster.wipe("n2");
      cluster.wipe("n3");
      cluster.startAll();

      awaitVoteRequests(cluster, "n2");
      awaitVoteRequests(cluster, "n3");
      assertThat(cluster.presentLeader()).isEmpty();

      cluster.kill("n1");
      cluster.kill("n2");
      cluster.wipe("n2");
      copy(cluster.directory("n1"), cluster.directory("n2"));
      Path identity = cluster.directory("n2").resolve("identity");
      Files.writeString(identity, Files.readString(identity).replaceFirst("(?m)^n1$", "n2"));
      cluster.start("n1");
      cluster.start("n2");
      cluster.awaitEqual();
      assertThat(cluster.state("n3").numbersGiven()).isEqualTo(10);
      cluster.submitNumbers(1);
    }
  }

  /** Killed after the state was put in place and before it was a member again. */
  @Test
  void wiped_endedOnItsWayBack_beginsAnew() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.purging(5, 0))) {
      cluster.startAll();
      cluster.submitNumbers(20);
      cluster.awaitEqual();
      String leader = cluster.leader();
      String wiped = cluster.anyFollower();
      UUID group =
          UUID.fromString(
              String.valueOf(cluster.logDirectory(wiped).resolveSibling("").getFileName()));
      cluster.kill(wiped);
      cluster.wipe(wiped);
      copy(cluster.directory(leader).resolve("state"), cluster.directory(wiped).resolve("state"));
      try (DataDirectory directory = DataDirectory.open(cluster.directory(wiped), wiped)) {
        directory.format("g0", group, 99, wiped);
      }

      cluster.start(wiped);

      cluster.awaitEqual();
      assertThat(cluster.state(wiped).installs()).isEqualTo(1);
      assertThat(cluster.node(wiped).endpoint().state().term()).isLessThan(99);
    }
  }

  private static boolean isVoter(RaftCluster cluster, String node) {
    return cluster.node(node).endpoint().state().voter();
  }

  private static void awaitVoteRequests(RaftCluster cluster, String node) {
    long before = cluster.network().voteRequests(node);
    await()
        .atMost(RaftCluster.PATIENCE)
        .until(() -> cluster.network().voteRequests(node) >= before + VOTE_REQUESTS);
  }

  private static List<String> others(String... known) {
    return RaftCluster.NODES.stream().filter(node -> !List.of(known).contains(node)).toList();
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> content = Files.walk(from)) {
      for (Path each : content.toList()) {
        Path target = to.resolve(from.relativize(each).toString());
        if (Files.isDirectory(each)) {
          Files.createDirectories(target);
        } else {
          Files.copy(each, target);
        }
      }
    }
  }
}
