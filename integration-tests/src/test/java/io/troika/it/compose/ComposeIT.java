package io.troika.it.compose;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.it.history.Attempt;
import io.troika.it.history.HistoryChecker;
import io.troika.it.history.LoggedTransaction;
import io.troika.it.workload.RecordedWorkload;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients outside write through the published ports, by TLS, while containers are killed, paused,
 * cut off and replaced and the nodes themselves change; then what they saw is held against the
 * cluster's own log.
 */
@Tag("compose")
@Timeout(value = 25, unit = TimeUnit.MINUTES)
class ComposeIT {
  private static final Path PYTHON =
      Path.of("../server/target/venv-zodb/bin/python").toAbsolutePath();
  private static final Path SCRIPT =
      Path.of("../server/src/test/python/zeo_smoke.py").toAbsolutePath();
  private static final int WRITERS = 4;
  private static final int COMMITS_AFTER = 50;
  private static final long SEED = 20_261;
  private static final long PAUSE_SECONDS = 4;
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  /** Within 5 s the node knows; the rest is for asking it, which starts a JVM. */
  private static final Duration NOT_READY_AFTER = Duration.ofMinutes(1);

  private final long began = System.nanoTime();

  @TempDir Path directory;

  @Test
  void containers_killedPausedCutOffAndReplaced_nothingLost() throws Exception {
    Path file = Path.of("../docker/compose.yml");
    try (ComposeCluster cluster = ComposeCluster.start(file, directory)) {
      try {
        useAndHarm(cluster);
      } catch (Exception | AssertionError failure) {
        try {
          say("failed, after the nodes had logged:%n%s".formatted(cluster.lastLogs()));
        } catch (IOException noLogs) {
          failure.addSuppressed(noLogs);
        }
        throw failure;
      }
      cluster.assertReplicasEqual();
    }
    say("all gone again");
  }

  private void useAndHarm(ComposeCluster cluster) throws Exception {
    say("three healthy containers");
    cluster.awaitWhole();
    useFromPython(cluster);
    cluster.awaitWhole();
    try (RecordedWorkload load = RecordedWorkload.start(cluster::newClient, WRITERS, SEED)) {
      awaitProgress(load, System.nanoTime());
      kill(cluster, load);
      pause(cluster, load);
      cutOffFromTheOthers(cluster, load);
      cutOffFromClients(cluster, load);
      replaceAll(cluster, load);
      exchangeFirstForFourth(cluster, load);
      checkHistory(cluster, load);
    }
  }

  private void kill(ComposeCluster cluster, RecordedWorkload load) throws Exception {
    String leader = cluster.leader();
    long fault = System.nanoTime();
    cluster.kill(leader);
    awaitProgress(load, fault);
    report("leader killed", load, fault);
    cluster.start(leader);
    cluster.awaitWhole();
  }

  private void pause(ComposeCluster cluster, RecordedWorkload load) throws Exception {
    String leader = cluster.leader();
    long fault = System.nanoTime();
    cluster.pause(leader);
    TimeUnit.SECONDS.sleep(PAUSE_SECONDS); // the fault itself takes this long
    cluster.unpause(leader);
    awaitProgress(load, fault);
    report("leader paused", load, fault);
    cluster.awaitWhole();
  }

  private void cutOffFromTheOthers(ComposeCluster cluster, RecordedWorkload load) throws Exception {
    String leader = cluster.leader();
    long fault = System.nanoTime();
    cluster.disconnect(leader, "raft");
    awaitProgress(load, fault);
    report("leader without the others", load, fault);
    await().atMost(NOT_READY_AFTER).until(() -> cluster.health(leader).code() == 1);
    assertThat(cluster.health(leader).output()).startsWith("not ready: ");
    cluster.reconnect(leader, "raft");
    cluster.awaitWhole();
    await().atMost(PATIENCE).until(() -> cluster.health(leader).code() == 0);
  }

  private void cutOffFromClients(ComposeCluster cluster, RecordedWorkload load) throws Exception {
    String follower =
        ComposeCluster.NODES.stream()
            .filter(node -> !node.equals(cluster.leader()))
            .findFirst()
            .orElseThrow();
    long fault = System.nanoTime();
    cluster.disconnect(follower, "clients");
    awaitProgress(load, System.nanoTime());
    report("follower without clients", load, fault);
    cluster.reconnect(follower, "clients");
    cluster.awaitWhole();
  }

  /** Planned work: nobody notices. */
  private void replaceAll(ComposeCluster cluster, RecordedWorkload load) throws Exception {
    List<String> failuresBefore = load.failures();
    cluster.makeNextImage();
    for (String node : ComposeCluster.NODES) {
      long fault = System.nanoTime();
      cluster.replace(node);
      cluster.awaitWhole();
      awaitProgress(load, System.nanoTime());
      report(node + " replaced", load, fault);
      assertThat(cluster.hasNextImage(node)).isTrue();
    }
    assertThat(load.failures()).isEqualTo(failuresBefore);
  }

  /** The same nodes no more; clients that were told of all four addresses at the start follow. */
  private void exchangeFirstForFourth(ComposeCluster cluster, RecordedWorkload load)
      throws Exception {
    List<String> failuresBefore = load.failures();
    long added = System.nanoTime();
    cluster.addFourth();
    cluster.awaitWhole();
    awaitProgress(load, System.nanoTime());
    report("n4 added", load, added);
    long removed = System.nanoTime();
    cluster.removeFirst();
    cluster.awaitWhole();
    awaitProgress(load, System.nanoTime());
    report("n1 removed", load, removed);
    assertThat(load.failures()).isEqualTo(failuresBefore);
  }

  private void checkHistory(ComposeCluster cluster, RecordedWorkload load) throws Exception {
    List<Attempt> attempts = load.stop();
    List<LoggedTransaction> log = RecordedWorkload.readLog(cluster.client());
    assertThat(HistoryChecker.check(attempts, log)).isEmpty();
    say(
        "%s attempts, %s acknowledged, %s in the log, failures %s"
            .formatted(attempts.size(), load.acknowledged(), log.size(), load.failures()));
  }

  /** The ZEO client that the server's tests have installed, if they have run here. */
  private void useFromPython(ComposeCluster cluster) throws Exception {
    if (!Files.isExecutable(PYTHON)) {
      say("no ZEO client here (%s): the ZEO ports were not tested".formatted(PYTHON));
      return;
    }
    String addresses =
        cluster.zeoPorts().stream()
            .map(port -> "127.0.0.1:" + port)
            .collect(Collectors.joining(","));
    List<String> command =
        new ArrayList<>(List.of(PYTHON.toString(), SCRIPT.toString(), addresses));
    cluster.certificateFiles().forEach(certificate -> command.add(certificate.toString()));
    Process application =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String last = "";
    try (BufferedReader lines = application.inputReader(UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        last = line;
        if (line.equals("lose the leader")) {
          String leader = cluster.leader();
          cluster.kill(leader);
          application.getOutputStream().write('\n');
          application.getOutputStream().flush();
          cluster.start(leader);
        }
      }
      assertThat(application.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } finally {
      application.destroyForcibly();
    }
    assertThat(last).isEqualTo("committed again");
    assertThat(application.exitValue()).isZero();
    say("a ZEO client wrote, read and outlived the leader");
  }

  private static void awaitProgress(RecordedWorkload load, long since) throws InterruptedException {
    assertThat(load.awaitProgress(since, COMMITS_AFTER, PATIENCE))
        .as("%s commits within %s; failures %s", COMMITS_AFTER, PATIENCE, load.failures())
        .isTrue();
  }

  private void report(String what, RecordedWorkload load, long fault) {
    Duration gap = load.longestGap(fault, System.nanoTime());
    say("%s: longest time without a commit %s ms".formatted(what, gap.toMillis()));
  }

  private void say(String what) {
    long seconds = Duration.ofNanos(System.nanoTime() - began).toSeconds();
    System.out.printf("[compose %3d s] %s%n", seconds, what);
  }
}
