package io.troika.it.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.troika.api.v1.LoadRequest;
import io.troika.api.v1.ObjectStoreGrpc;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.Tid;
import io.troika.it.cluster.ClusterProbe;
import io.troika.it.cluster.NodeProcess;
import io.troika.it.cluster.ProcessCluster;
import io.troika.it.workload.Ballast;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Restarts of a node that has much to keep. */
@Timeout(value = 25, unit = TimeUnit.MINUTES)
class LargeStoreIT {
  /** The size of the store; {@code -Dtroika.it.megabytes=1024}. */
  private static final int MEGABYTES = Integer.getInteger("troika.it.megabytes", 100);

  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final Duration POLL = Duration.ofMillis(20);

  @Test
  void nodeRestarted_stoppedOrKilled_readsWhatItHadAndIsInStep(@TempDir Path directory)
      throws Exception {
    try (ProcessCluster cluster = ProcessCluster.start(directory, 3);
        ClusterProbe probe = new ClusterProbe(cluster)) {
      probe.awaitWhole();
      ObjectStore store = probe.client().store("main");
      List<Oid> oids = Ballast.load(store, MEGABYTES);
      Tid last = store.info().lastTid();
      for (int round = 0; round < FaultRun.rounds(2); round++) {
        NodeProcess stopped = probe.follower();
        assertThat(stopped.terminate()).isZero();
        measureRestart("SIGTERM", probe, stopped, oids, last);

        NodeProcess killed = probe.follower();
        killed.kill();
        measureRestart("SIGKILL", probe, killed, oids, last);
      }
      probe.assertReplicasEqual();
    }
  }

  private static void measureRestart(
      String end, ClusterProbe probe, NodeProcess node, List<Oid> oids, Tid last) throws Exception {
    long started = System.nanoTime();
    node.start();
    awaitReads(node, oids, last);
    Duration reads = Duration.ofNanos(System.nanoTime() - started);
    probe.awaitWhole();
    Duration inStep = Duration.ofNanos(System.nanoTime() - started);
    System.out.printf(
        "restart after %s with %d MB: the first read after %d ms, in step after %d ms%n",
        end, MEGABYTES, reads.toMillis(), inStep.toMillis());
  }

  /** The first and the last object, from this very node, as of the last transaction. */
  private static void awaitReads(NodeProcess node, List<Oid> oids, Tid last) {
    ManagedChannel channel =
        NettyChannelBuilder.forTarget(node.clientAddress()).usePlaintext().build();
    try {
      for (Oid oid : List.of(oids.get(oids.size() - 1), oids.get(0))) {
        LoadRequest request =
            LoadRequest.newBuilder()
                .setStorage("main")
                .setOid(oid.value())
                .setAt(last.value())
                .build();
        await()
            .atMost(PATIENCE)
            .pollDelay(Duration.ZERO)
            .pollInterval(POLL)
            .ignoreExceptionsInstanceOf(StatusRuntimeException.class)
            .until(
                () -> {
                  channel.resetConnectBackoff();
                  return ObjectStoreGrpc.newBlockingStub(channel)
                      .withDeadlineAfter(10, TimeUnit.SECONDS)
                      .load(request)
                      .getObject()
                      .getData()
                      .size();
                },
                size -> size > 0);
      }
    } finally {
      channel.shutdownNow();
    }
  }
}
