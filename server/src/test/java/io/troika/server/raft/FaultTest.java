package io.troika.server.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.troika.server.config.NodeConfig.RaftConfig;
import io.troika.server.core.command.Command;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.log.LogEntryCodec;
import io.troika.server.service.ports.ClusterControl.Member;
import io.troika.server.service.ports.ClusterControl.Role;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.refusals.LaggingException;
import io.troika.server.service.refusals.NotLeaderException;
import io.troika.server.service.refusals.NotNowException;
import io.troika.server.service.refusals.OutcomeUnknownException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Leaders that hand over, are cut off or break; messages that get lost. */
class FaultTest {
  private static final StorageId STORAGE = new StorageId(1);
  private static final int ENOUGH = 16;
  private static final int TRIES_MAX = 3;

  @TempDir Path root;

  /** Writes until told to stop; what was acknowledged, and what failed otherwise than "not now". */
  private static final class Writer extends Thread {
    final List<Outcome> acknowledged = Collections.synchronizedList(new ArrayList<>());
    final List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final RaftCluster cluster;

    Writer(RaftCluster cluster) {
      this.cluster = cluster;
      setDaemon(true);
      start();
    }

    @Override
    public void run() {
      while (!stopped.get()) {
        cluster
            .presentLeader()
            .ifPresent(
                leader -> {
                  try {
                    acknowledged.add(
                        cluster.node(leader).log().submit(RaftCluster.number()).join());
                  } catch (CompletionException e) {
                    if (!(e.getCause() instanceof NotNowException)) {
                      failures.add(e.getCause());
                    }
                  }
                });
      }
    }

    void end() throws InterruptedException {
      stopped.set(true);
      join(RaftCluster.PATIENCE.toMillis());
    }
  }

  @Test
  void transferUnderLoad_noCommandFails() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(5);
      Writer writer = new Writer(cluster);
      for (int i = 0; i < 4; i++) {
        String from = cluster.leader();
        int before = writer.acknowledged.size();
        await().atMost(RaftCluster.PATIENCE).until(() -> writer.acknowledged.size() > before + 20);

        Leadership next =
            cluster
                .node(from)
                .cluster()
                .transferLeadership("", Duration.ofSeconds(30))
                .get(90, TimeUnit.SECONDS);

        assertThat(next.leader()).isNotEqualTo(from);
      }
      writer.end();

      assertThat(writer.failures).isEmpty();
      assertThat(writer.acknowledged).doesNotHaveDuplicates();
      cluster.awaitEqual();
      assertThat(cluster.state("n1").numbersGiven()).isEqualTo(5 + writer.acknowledged.size());
    }
  }

  /** Ratis alone would try for as long as it may, and commands would wait for it. */
  @Test
  void transferToWhoDoesNotAnswer_isRefusedAndNothingWaits() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(5);
      String leader = cluster.leader();
      String dead = leader.equals("n1") ? "n2" : "n1";
      cluster.kill(dead);

      assertThat(cluster.node(leader).cluster().transferLeadership(dead, Duration.ofHours(1)))
          .failsWithin(RaftCluster.PATIENCE)
          .withThrowableOfType(ExecutionException.class)
          .havingCause()
          .isInstanceOf(LaggingException.class)
          .withMessageContaining("node %s: does not answer", dead);
      cluster.submitNumbers(5);
    }
  }

  /** Groups are handed over at once, when a node stops; and one target that hangs is no reason. */
  @Test
  void transfersToWhoHangs_keepNoThread() throws Exception {
    try (RaftCluster cluster = RaftCluster.relayed(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(5);
      boolean begun = false;
      // A machine that pauses may elect another leader meanwhile, but not each time.
      for (int i = 0; i < TRIES_MAX && !begun; i++) {
        String leader = cluster.leader();
        String hangs = leader.equals("n1") ? "n2" : "n1";
        cluster.relay(hangs).cut();
        begun = handsOver(cluster.node(leader), hangs);
        if (begun) {
          assertThat(cluster.node(leader).cluster().takeSnapshot(RaftCluster.PATIENCE))
              .succeedsWithin(RaftCluster.PATIENCE);
        }
        cluster.relay(hangs).mend();
      }
      assertThat(begun).isTrue();
    }
  }

  /** Asks three times at once; whether it is under way then, or has been refused. */
  private static boolean handsOver(RaftNode leader, String target) {
    List<CompletableFuture<Leadership>> asked = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      asked.add(leader.cluster().transferLeadership(target, Duration.ofHours(1)));
    }
    CompletableFuture<?> refused =
        CompletableFuture.allOf(asked.toArray(CompletableFuture<?>[]::new));
    await()
        .atMost(RaftCluster.PATIENCE)
        .until(() -> refused.isDone() || !leader.log().handOver().isDone());
    return !refused.isDone();
  }

  /** A machine that pauses may elect a leader once more, but not each time. */
  @Test
  void leaderStopped_handsOverFirst() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(5);
      boolean handedOver = false;
      for (int i = 0; i < TRIES_MAX && !handedOver; i++) {
        String leader = cluster.leader();
        long term = cluster.node(leader).log().leadership().term();

        cluster.stop(leader);

        // One of the others leads when the stop is done, and goes on leading.
        handedOver =
            RaftCluster.NODES.stream()
                    .filter(cluster::isRunning)
                    .anyMatch(
                        node -> {
                          Leadership known = cluster.node(node).log().leadership();
                          return known.leader().equals(node) && known.term() == term + 1;
                        })
                && cluster.node(cluster.leader()).log().leadership().term() == term + 1;
        cluster.start(leader);
        cluster.awaitEqual();
      }
      assertThat(handedOver).isTrue();
    }
  }

  /** Ratis alone would wait for its time-out, which is longer here than the test waits. */
  @Test
  void leaderProcessDied_isReplacedAtOnce() throws Exception {
    RaftConfig base = RaftCluster.config();
    RaftConfig patient =
        new RaftConfig(
            Duration.ofSeconds(12),
            Duration.ofSeconds(13),
            base.entryBytesMax(),
            base.snapshotEntries(),
            base.snapshotBytes(),
            base.preservedEntries(),
            base.outcomeRetention());
    try (RaftCluster cluster = new RaftCluster(root, patient)) {
      cluster.startAll();
      cluster.submitNumbers(5);
      cluster.awaitEqual();

      cluster.kill(cluster.leader());
      long startNanos = System.nanoTime();
      cluster.submitNumbers(1);

      assertThat(Duration.ofNanos(System.nanoTime() - startNanos))
          .isLessThan(Duration.ofSeconds(11));
    }
  }

  /** The other two elect one; the old one must neither acknowledge nor prove itself leader. */
  @Test
  void leaderCutOff_acknowledgesNothingAndProvesNothing() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(5);
      String old = cluster.leader();
      cluster.network().isolate(old, RaftCluster.NODES);

      CompletableFuture<Outcome> lost = cluster.node(old).log().submit(RaftCluster.number());
      await()
          .atMost(RaftCluster.PATIENCE)
          .until(() -> cluster.presentLeader().filter(node -> !node.equals(old)).isPresent());
      String next = cluster.presentLeader().orElseThrow();
      assertThat(cluster.node(next).log().submit(RaftCluster.number()).get(90, TimeUnit.SECONDS))
          .isEqualTo(new Outcome.OidsAllocated(new Oid(6), 1));

      assertThatThrownBy(() -> cluster.node(old).log().proveLeadership().get(90, TimeUnit.SECONDS))
          .cause()
          .isInstanceOf(NotNowException.class);
      assertThatThrownBy(() -> lost.get(90, TimeUnit.SECONDS))
          .cause()
          .isInstanceOfAny(OutcomeUnknownException.class, NotLeaderException.class);
      cluster.network().heal();
      cluster.awaitEqual();
      assertThat(cluster.state(old).numbersGiven()).isEqualTo(6);
    }
  }

  @Test
  void leader_provesItself() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(1);
      RaftNode leader = cluster.node(cluster.leader());

      assertThat(leader.log().proveLeadership().get(90, TimeUnit.SECONDS))
          .isEqualTo(leader.log().leadership().term());
    }
  }

  /** "Retry cache expired: applied twice": the id decides, whoever leads and however often. */
  @Test
  void transactionRetried_afterTheLeaderDied_isCommittedOnce() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.purging(3, 0))) {
      cluster.startAll();
      Command commit = commit(LedgerState.payload(10));
      Outcome first = cluster.submit(commit);
      cluster.submitNumbers(20);
      cluster.kill(cluster.leader());

      Outcome again = cluster.submit(commit);
      RaftCluster.NODES.stream().filter(cluster::isRunning).forEach(cluster::kill);
      cluster.startAll();
      Outcome afterRestart = cluster.submit(commit);

      assertThat(again).isEqualTo(first);
      assertThat(afterRestart).isEqualTo(first);
      cluster.awaitEqual();
      assertThat(cluster.state("n1").transactions()).isEqualTo(1);
    }
  }

  private static Command commit(Bytes data) {
    return new Command.CommitTransaction(
        new TransactionId(new UUID(1, 2), 3),
        STORAGE,
        new Tid(1_000),
        TransactionMetadata.EMPTY,
        List.of(),
        List.of(new Command.Write(new Oid(1), Tid.NONE, data)),
        List.of(),
        List.of());
  }

  /** "Entry over the limit": 1 byte to limit + 1, a clear error, and what fits survives. */
  @Test
  void commandUpToTheLimit_isAppliedAndReplayed_oneByteMoreIsRefused() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      RaftNode leader = cluster.node(cluster.leader());
      int room =
          leader.log().commandBytesMax()
              - LogEntryCodec.encodedSize(commit(LedgerState.payload(0)));

      assertThatThrownBy(() -> leader.log().submit(commit(LedgerState.payload(room + 1))).join())
          .cause()
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("%d bytes".formatted(leader.log().commandBytesMax()));
      assertThat(cluster.submit(commit(LedgerState.payload(room))))
          .isInstanceOf(Outcome.Committed.class);

      cluster.awaitEqual();
      RaftCluster.NODES.forEach(cluster::kill);
      cluster.startAll();
      cluster.submitNumbers(1);
      cluster.awaitEqual();
      assertThat(cluster.state("n1").transactions()).isEqualTo(1);
    }
  }

  @Test
  void messagesLost_commitsGoOnAndReplicasAreEqual() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(5);
      cluster.network().lose(0.1);
      List<Outcome> acknowledged = new ArrayList<>();
      // Until enough are acknowledged: how many get lost depends on elections too.
      long giveUpNanos = System.nanoTime() + RaftCluster.PATIENCE.toNanos();
      for (int i = 0; i < 30 || acknowledged.size() < ENOUGH; i++) {
        assertThat(System.nanoTime()).as("%s", acknowledged).isLessThan(giveUpNanos);
        try {
          acknowledged.add(cluster.submit(RaftCluster.number()));
        } catch (CompletionException e) {
          assertThat(e.getCause()).isInstanceOf(OutcomeUnknownException.class);
        }
      }
      cluster.network().heal();

      assertThat(acknowledged).doesNotHaveDuplicates();
      cluster.awaitEqual();
      assertThat(cluster.state("n1").numbersGiven())
          .isGreaterThanOrEqualTo(5L + acknowledged.size());
    }
  }

  /** An entry that can't be applied ends this replica, and only this one. */
  @Test
  void applyFails_nodeIsBrokenAndTheOthersGoOn() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(5);
      String failing = cluster.anyFollower();
      RaftNode node = cluster.node(failing);
      long next = cluster.state(failing).applied().index() + 1;
      cluster.state(failing).failAt(index -> index >= next);

      cluster.submitNumbers(3);

      assertThat(node.whenBroken().get(90, TimeUnit.SECONDS))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("told to fail");
      cluster.submitNumbers(3);
      cluster.kill(failing);
      cluster.start(failing);
      cluster.awaitEqual();
      assertThat(cluster.state(failing).numbersGiven()).isEqualTo(11);
    }
  }

  @Test
  void members_tellRolesAndWhoIsGone() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(5);
      cluster.awaitEqual();
      String gone = cluster.anyFollower();
      cluster.kill(gone);
      String leader = cluster.leader();

      List<Member> members = cluster.node(leader).cluster().members().get(90, TimeUnit.SECONDS);

      assertThat(members).extracting(Member::nodeId).containsExactly("n1", "n2", "n3");
      assertThat(members)
          .filteredOn(member -> member.role() == Role.LEADER)
          .extracting(Member::nodeId)
          .containsExactly(leader);
      assertThat(members)
          .filteredOn(member -> !member.reachable())
          .extracting(Member::nodeId, Member::role)
          .containsExactly(tuple(gone, Role.UNKNOWN));
    }
  }

  @Test
  void leadershipListeners_hearOfEachLeaderInOrder() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      List<Leadership> heard = Collections.synchronizedList(new ArrayList<>());
      cluster.node("n1").log().addLeadershipListener(heard::add);
      String first = cluster.leader();
      String target = first.equals("n1") ? "n2" : "n1";
      var unused =
          cluster
              .node(first)
              .cluster()
              .transferLeadership(target, Duration.ofSeconds(30))
              .get(90, TimeUnit.SECONDS);

      await()
          .atMost(RaftCluster.PATIENCE)
          .until(
              () ->
                  heard.stream()
                      .anyMatch(
                          leadership ->
                              leadership.leader().equals(target)
                                  && leadership.self() == target.equals("n1")));
      assertThat(heard).extracting(Leadership::term).isSorted();
    }
  }
}
