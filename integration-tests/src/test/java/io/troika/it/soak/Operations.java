package io.troika.it.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.client.ClusterAdmin;
import io.troika.client.NodeChange;
import io.troika.client.PackStatus;
import io.troika.client.Tid;
import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import io.troika.it.cluster.NodeProcess;
import io.troika.it.cluster.PatientClient;
import io.troika.it.cluster.ProcessCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** What operators do while other things go wrong. It may take long then, but has to come about. */
final class Operations implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final Duration LOOK_AGAIN = Duration.ofMillis(200);

  private final ProcessCluster cluster;
  private final TroikaClient client;
  private final Path directory;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<Future<?>> running = new ArrayList<>();
  private boolean backedUp;

  Operations(ProcessCluster cluster, Path directory) {
    this.cluster = cluster;
    this.client = PatientClient.connect(cluster.endpoints());
    this.directory = directory;
  }

  /** Begins one; {@link #finish} waits for it. */
  void begin(Fault fault, String node) {
    Callable<?> operation =
        switch (fault.kind()) {
          case HAND_OVER -> () -> handOver(node);
          case PACK -> this::pack;
          case BACKUP -> this::backUp;
          case MEMBER -> this::fourthMember;
          default -> throw new IllegalArgumentException("not an operation: " + fault);
        };
    running.add(threads.submit(operation));
  }

  /** Waits until all that were begun are done; fails if one did what it must not. */
  void finish() throws Exception {
    for (Future<?> each : running) {
      each.get(2 * PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }
    running.clear();
  }

  private boolean handOver(String node) {
    try {
      var unused = client.admin().transferLeadership(node);
      return true;
    } catch (TroikaException e) {
      System.out.println("  a hand-over did not come about: " + e.getMessage());
      return false;
    }
  }

  private PackStatus pack() {
    ClusterAdmin admin = client.admin();
    patiently("pack", () -> admin.pack(ZodbLoad.STORAGE, Tid.MAX, true));
    PackStatus status =
        await("pack")
            .atMost(PATIENCE)
            .pollInterval(LOOK_AGAIN)
            .ignoreExceptionsInstanceOf(TroikaException.class)
            .until(
                () -> admin.packStatus(ZodbLoad.STORAGE).orElseThrow(), each -> !each.isRunning());
    assertThat(status.problem()).isEmpty();
    System.out.printf(
        "  packed: %,d revisions, %,d objects%n",
        status.revisionsRemoved(), status.objectsRemoved());
    return status;
  }

  private synchronized boolean backUp() throws IOException, InterruptedException {
    Path backup = directory.resolve("backup");
    Path log = directory.resolve("backup.log");
    String to = backup.toString();
    int exit = cluster.tryCommand(log, "backup", to, "--endpoints=" + cluster.endpoints());
    backedUp |= exit == 0;
    System.out.printf("  backup: exit status %s%n", exit);
    if (backedUp) {
      // Also when this one did not come about: then the one before is whole.
      assertThat(cluster.tryCommand(log, "backup", "verify", to))
          .as("exit status of backup verify, see %s", log)
          .isZero();
    }
    return exit == 0;
  }

  private NodeProcess fourthMember() throws IOException, InterruptedException {
    NodeProcess node = cluster.join();
    ClusterAdmin admin = client.admin();
    change("add", () -> admin.addNode(node.id(), node.peerAddress()));
    System.out.printf("  %s is a member%n", node.id());
    change("remove", () -> admin.removeNode(node.id(), false));
    System.out.printf("  %s is a member no more%n", node.id());
    cluster.forget(node);
    return node;
  }

  private static void change(String what, Supplier<NodeChange> request) {
    await(what)
        .atMost(PATIENCE)
        .pollInterval(LOOK_AGAIN)
        .ignoreExceptionsInstanceOf(TroikaException.class)
        .until(() -> request.get().phase() == NodeChange.Phase.DONE);
  }

  private static void patiently(String what, Callable<?> call) {
    await(what)
        .atMost(PATIENCE)
        .pollInterval(LOOK_AGAIN)
        .ignoreExceptionsInstanceOf(TroikaException.class)
        .until(() -> call.call() != null);
  }

  @Override
  public void close() {
    threads.shutdownNow();
    client.close();
  }
}
