package io.troika.server.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.troika.server.core.command.Outcome;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.Oid;
import io.troika.server.raft.division.LogSyncs;
import io.troika.server.service.ports.ClusterControl;
import io.troika.server.service.refusals.NotLeaderException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RaftClusterTest {
  @TempDir Path root;

  @Test
  void submit_onTheLeader_isAppliedOnAll() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();

      assertThat(cluster.submit(RaftCluster.number()))
          .isEqualTo(new Outcome.OidsAllocated(new Oid(1), 1));

      cluster.awaitEqual();
      assertThat(RaftCluster.NODES).allMatch(node -> cluster.state(node).numbersGiven() == 1);
    }
  }

  @Test
  void submit_onAFollower_namesTheLeader() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      String follower = cluster.anyFollower();
      String leader = cluster.leader();
      await()
          .atMost(RaftCluster.PATIENCE)
          .until(() -> cluster.node(follower).log().leadership().leader().equals(leader));

      assertThatThrownBy(() -> cluster.node(follower).log().submit(RaftCluster.number()).join())
          .cause()
          .isInstanceOfSatisfying(
              NotLeaderException.class,
              refusal -> {
                assertThat(refusal.leadership().leader()).isEqualTo(leader);
                assertThat(refusal.leadership().leaderClientAddress())
                    .isEqualTo(cluster.nodeConfig(leader).self().client().toString());
              });
    }
  }

  @Test
  void submit_manyAtOnce_shareEntriesAndEachGetsItsOwnOutcome() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      String leader = cluster.leader();
      long before = cluster.state(leader).applied().index();

      List<CompletableFuture<Outcome>> outcomes =
          Stream.generate(() -> cluster.node(leader).log().submit(RaftCluster.number()))
              .limit(2_000)
              .toList();

      List<Outcome> numbers = new ArrayList<>();
      outcomes.forEach(outcome -> numbers.add(outcome.orTimeout(120, TimeUnit.SECONDS).join()));
      assertThat(numbers).doesNotHaveDuplicates().hasSize(2_000);
      assertThat(cluster.state(leader).applied().index() - before).isLessThan(1_000);
      cluster.awaitEqual();
      // As Ratis names its own measures, which a new version of it might do otherwise.
      LogSyncs syncs = cluster.node(leader).logSyncs().getOrDefault("g0", LogSyncs.NONE);
      assertThat(syncs.count()).isPositive();
      assertThat(syncs.maxSeconds()).isPositive().isGreaterThanOrEqualTo(syncs.medianSeconds());
    }
  }

  @Test
  void leaderKilled_whileClientsWrite_losesNoAcknowledgedNumber() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(20);
      String killed = cluster.leader();

      cluster.kill(killed);
      long startNanos = System.nanoTime();
      Outcome first = cluster.submit(RaftCluster.number());
      Duration gap = Duration.ofNanos(System.nanoTime() - startNanos);

      assertThat(first).isEqualTo(new Outcome.OidsAllocated(new Oid(21), 1));
      assertThat(gap).isLessThan(Duration.ofSeconds(30));
      cluster.start(killed);
      cluster.awaitEqual();
      assertThat(cluster.state(killed).numbersGiven()).isEqualTo(21);
    }
  }

  /** A node that stops has three seconds to hand over; a flush may take a minute. */
  @Test
  void transferLeadership_whileSnapshotsAreTaken_doesNotWaitForThem() throws Exception {
    CompletableFuture<Void> held = new CompletableFuture<>();
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(1);
      cluster.awaitEqual();
      String leader = cluster.leader();
      ClusterControl control = cluster.node(leader).cluster();
      cluster.state(leader).holdFlushes(held);
      List<CompletableFuture<LogPosition>> snapshots =
          Stream.generate(() -> control.takeSnapshot(Duration.ofHours(1))).limit(4).toList();

      // Answered, that is all: the leader may be another already.
      boolean answered =
          control
              .transferLeadership("", RaftCluster.PATIENCE)
              .handle((next, failure) -> true)
              .get(4, TimeUnit.MINUTES);

      assertThat(answered).isTrue();
      assertThat(snapshots).noneMatch(CompletableFuture::isDone);
      held.complete(null);
      for (CompletableFuture<LogPosition> each : snapshots) {
        assertThat(each.get(4, TimeUnit.MINUTES).index()).isPositive();
      }
    } finally {
      held.complete(null);
    }
  }
}
