package io.troika.server.raft;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Followers that were away, wiped or fell behind the log; rows of the failure table by name. */
class RejoinTest {
  private static final Duration IDLE_REJOIN = Duration.ofSeconds(90);

  /** 100 take 40 s, most of which Ratis waits for its next heartbeat. */
  private static final int INSTALLS = Integer.getInteger("troika.raft.installs", 40);

  private static final int LARGE_BYTES = 128 << 10;

  /** Large entries: more than a stream and the buffers of two sockets take. */
  private static final int OVER_FLOW_CONTROL = 120;

  @TempDir Path root;

  /**
   * "Idle cluster, follower restarted with empty log: INCONSISTENCY loop for ever": once with a log
   * that reaches back to its beginning, once with one that was purged.
   */
  @ParameterizedTest
  @CsvSource({"100000, 50000", "10, 0"})
  void followerWiped_idleCluster_catchesUp(long snapshotEntries, int preserved) throws Exception {
    try (RaftCluster cluster =
        new RaftCluster(root, RaftCluster.purging(snapshotEntries, preserved))) {
      cluster.startAll();
      cluster.submitNumbers(60);
      cluster.awaitEqual();
      String wiped = cluster.anyFollower();
      String leader = cluster.leader();
      long applied = cluster.state(leader).applied().index();

      cluster.stop(wiped);
      cluster.wipe(wiped);
      cluster.start(wiped);

      await().atMost(IDLE_REJOIN).until(() -> cluster.state(wiped).applied().index() >= applied);
      cluster.awaitEqual();
      assertThat(cluster.state(wiped).numbersGiven()).isEqualTo(60);
    }
  }

  /**
   * The leader's connection to the follower is dead and does not say so, and holds all that flow
   * control admits. Without {@code SilenceWatch} the follower stays behind until TCP gives up.
   */
  @Test
  void followerBackFromACutNetwork_connectionHalfOpen_catchesUp() throws Exception {
    try (RaftCluster cluster = RaftCluster.relayed(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(1);
      cluster.awaitEqual();
      String follower = cluster.anyFollower();
      String leader = cluster.leader();

      cluster.relay(follower).cut();
      for (int i = 0; i < OVER_FLOW_CONTROL; i++) {
        cluster.submit(RaftCluster.commitOf(LARGE_BYTES));
      }
      assertThat(cluster.leader()).isEqualTo(leader);
      assertThat(cluster.state(follower).applied()).isLessThan(cluster.state(leader).applied());
      cluster.relay(follower).mend();

      cluster.awaitEqual();
    }
  }

  /**
   * "After snapshot install the division dies, node half alive": many installs in one life, nothing
   * left of any of them, and the follower is as good as any other afterwards.
   */
  @Test
  void checkpointInstalledManyTimes_leavesNothingBehind_thenLeads() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.purging(2, 0))) {
      cluster.startAll();
      cluster.submitNumbers(1);
      String leader = cluster.leader();
      String follower = cluster.anyFollower();
      Footprint early = null;
      for (int i = 1; i <= INSTALLS; i++) {
        fallBehind(cluster, leader, follower);
        cluster.awaitEqual();
        assertThat(cluster.state(follower).installs()).isEqualTo(i);
        if (i == INSTALLS / 10) {
          early = Footprint.of(cluster.directory(follower));
        }
      }
      Footprint late = Footprint.of(cluster.directory(follower));
      assertThat(late.files()).isEqualTo(requireNonNull(early).files());
      assertThat(late.threads()).isLessThan(early.threads() + INSTALLS / 2);
      assertThat(late.openFiles()).isLessThan(early.openFiles() + INSTALLS / 2);

      assertThat(
              cluster
                  .node(leader)
                  .cluster()
                  .transferLeadership(follower, Duration.ofSeconds(30))
                  .get(90, TimeUnit.SECONDS)
                  .leader())
          .isEqualTo(follower);
      cluster.submitNumbers(5);
      cluster.awaitEqual();
      assertThat(cluster.state(follower).numbersGiven()).isEqualTo(6);
    }
  }

  /** The follower is away until the leader has purged what it lacks. */
  private static void fallBehind(RaftCluster cluster, String leader, String follower)
      throws IOException {
    cluster.network().refuse(follower, RaftCluster.NODES);
    long lacks = cluster.state(follower).applied().index() + 1;
    for (int i = 0; i < 50 && cluster.logBegin(leader) <= lacks; i++) {
      cluster.submit(RaftCluster.segmentFiller());
    }
    assertThat(cluster.logBegin(leader)).isGreaterThan(lacks);
    cluster.network().heal();
  }

  /**
   * What a node uses of the system; threads and open files are those of the whole JVM.
   *
   * @param files by name, with what counts up replaced
   */
  private record Footprint(Set<String> files, long threads, long openFiles) {
    static Footprint of(Path directory) throws IOException {
      try (Stream<Path> files = Files.walk(directory)) {
        return new Footprint(
            files
                .map(file -> directory.relativize(file).toString().replaceAll("\\d+", "N"))
                .filter(file -> !file.contains("log_"))
                .collect(toCollection(TreeSet::new)),
            ManagementFactory.getThreadMXBean().getThreadCount(),
            ManagementFactory.getPlatformMXBean(UnixOperatingSystemMXBean.class)
                .getOpenFileDescriptorCount());
      }
    }
  }

  /** Pitfall P1: the follower's log ends right before the leader's first entry. */
  @Test
  void followerEndsWhereTheLeadersLogBegins_catchesUp() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.purging(5, 0))) {
      cluster.startAll();
      cluster.submitNumbers(5);
      cluster.awaitEqual();
      String away = cluster.anyFollower();
      takeSnapshot(cluster, away);
      cluster.kill(away);
      // A new term begins a new segment, exactly at the entry that the follower lacks first.
      String leader = cluster.leader();
      String other =
          RaftCluster.NODES.stream()
              .filter(node -> !node.equals(away) && !node.equals(leader))
              .findFirst()
              .orElseThrow();
      var unused =
          cluster
              .node(leader)
              .cluster()
              .transferLeadership(other, Duration.ofSeconds(30))
              .get(90, TimeUnit.SECONDS);
      cluster.submitNumbers(5);
      cluster.awaitEqual();
      for (String node : new String[] {leader, other}) {
        takeSnapshot(cluster, node);
      }
      cluster.submitNumbers(3);

      cluster.start(away);

      await().atMost(IDLE_REJOIN).until(() -> cluster.state(away).numbersGiven() == 13);
      cluster.awaitEqual();
    }
  }

  private static void takeSnapshot(RaftCluster cluster, String node) throws Exception {
    assertThat(
            cluster
                .node(node)
                .cluster()
                .takeSnapshot(Duration.ofSeconds(30))
                .get(90, TimeUnit.SECONDS))
        .isEqualTo(cluster.state(node).applied());
  }

  /** "Slow follower keeps the log for ever": a dead peer must not. */
  @Test
  void oneNodeAway_logOfTheOthersIsPurged() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.purging(10, 0))) {
      cluster.startAll();
      String away = cluster.anyFollower();
      cluster.kill(away);

      cluster.submitNumbers(60);

      String leader = cluster.leader();
      await().until(() -> !cluster.state(leader).flushes().isEmpty());
      cluster.start(away);
      cluster.awaitEqual();
      assertThat(cluster.state(away).numbersGiven()).isEqualTo(60);
    }
  }
}
