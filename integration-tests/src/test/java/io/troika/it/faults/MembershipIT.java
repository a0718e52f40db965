package io.troika.it.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.client.ClusterAdmin;
import io.troika.client.InvalidRequestException;
import io.troika.client.NodeChange;
import io.troika.client.NodeStatus;
import io.troika.it.cluster.NodeProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Nodes come and go under load: a fourth is added, the leader removed, a dead one replaced. */
@Tag("once")
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class MembershipIT {
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  @Test
  void nodesComeAndGo_underLoad_noCallFailsAndNothingIsLost(@TempDir Path directory)
      throws Exception {
    try (FaultRun run = FaultRun.start("members changed", directory)) {
      ClusterAdmin admin = run.probe.client().admin();
      for (int round = 0; round < FaultRun.rounds(1); round++) {
        NodeProcess added = run.cluster.join();
        step(run, "added", () -> admin.addNode(added.id(), added.peerAddress()));

        NodeProcess leader = run.probe.leader();
        step(run, "leader removed", () -> admin.removeNode(leader.id(), false));
        run.cluster.forget(leader);

        NodeProcess dead = run.probe.follower();
        dead.kill();
        NodeProcess replacement = run.cluster.join();
        step(
            run,
            "dead one replaced",
            () -> admin.replaceNode(dead.id(), replacement.id(), replacement.peerAddress()));
        run.cluster.forget(dead);

        NodeProcess restarted = run.probe.leader();
        restarted.kill();
        restarted.start();
        run.awaitWholeAndSteady();
      }
      assertThat(ids(admin))
          .containsExactlyInAnyOrderElementsOf(
              run.cluster.nodes().stream().map(NodeProcess::id).toList());
      run.finish();
      assertThat(run.workload.failures()).isEmpty();
    }
  }

  private static List<String> ids(ClusterAdmin admin) {
    return admin.status().nodes().stream().map(NodeStatus::nodeId).toList();
  }

  /** Asks until it is done, whoever leads; then the cluster goes on as before. */
  private static void step(FaultRun run, String what, Supplier<NodeChange> request)
      throws Exception {
    long started = System.nanoTime();
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .until(
            () -> {
              NodeChange change;
              try {
                change = request.get();
              } catch (InvalidRequestException e) {
                // A process that was just started; then it listens before it knows whose it will
                // be. Or one that a busy machine keeps waiting.
                assertThat(e)
                    .message()
                    .containsAnyOf(
                        "does not answer at", "do not answer", "it has not found the group yet");
                return false;
              }
              if (change.phase() == NodeChange.Phase.FAILED) {
                // As when leadership has passed on meanwhile, for a pause of the machine.
                System.out.println("members changed: " + what + ": " + change.problem());
                assertThat(change.problem()).containsIgnoringCase("try again");
              }
              return change.phase() == NodeChange.Phase.DONE;
            });
    run.awaitProgress(System.nanoTime(), 200);
    Duration gap = run.workload.longestGap(started, System.nanoTime());
    System.out.printf(
        "members changed: %s after %d ms, longest time without a commit %d ms%n",
        what, Duration.ofNanos(System.nanoTime() - started).toMillis(), gap.toMillis());
    run.recordGap(started);
  }
}
