package io.troika.it.faults;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.client.Bytes;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.PackStatus;
import io.troika.client.Tid;
import io.troika.it.cluster.NodeProcess;
import io.troika.it.cluster.Prerequisite;
import io.troika.it.cluster.ProcessCluster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A cluster of an older build becomes one of this build under load, node by node as {@code
 * upgrading.md} says, and goes back. With every mixture of the two a blob is stored, a transaction
 * undone and history packed. The older build is {@code -Dtroika.it.older}, its directory {@code
 * server/target}.
 */
@Tag("older")
@Timeout(value = 25, unit = TimeUnit.MINUTES)
class UpgradeIT {
  private static final int COMMITS_BETWEEN = 100;
  private static final int BLOB_BYTES = 3 << 20;
  private static final long LOOK_AGAIN_MILLIS = 50;

  private final List<Oid> withBlobs = new ArrayList<>();

  @Test
  void upgradedNodeByNode_andBack_nothingLostAndNoCallFails(@TempDir Path directory)
      throws Exception {
    Path older = older();
    Path newer = Path.of(System.getProperty("troika.test.server"));
    ProcessCluster cluster = ProcessCluster.ofBuild(directory, 3, older);
    try (FaultRun run = FaultRun.start("change of version", cluster)) {
      run.cluster.command(older, "storage", "create", "site");
      for (int round = 0; round < FaultRun.rounds(2); round++) {
        changeTo(newer, run);
        changeTo(older, run);
      }
      run.finish();
      assertThat(run.workload.failures()).isEmpty();
      assertBlobsAreWhole(run.probe.client().store("site"));
    }
  }

  private static Path older() {
    String target = System.getProperty("troika.it.older");
    if (target == null) {
      throw Prerequisite.missing("older build: -Dtroika.it.older", null);
    }
    return Path.of(target);
  }

  /** Followers first, the leader last. */
  private void changeTo(Path build, FaultRun run) throws Exception {
    run.cluster.runAs(build);
    NodeProcess leader = run.probe.leader();
    for (NodeProcess node : run.cluster.nodes()) {
      if (node != leader) {
        change(node, run);
      }
    }
    change(leader, run);
  }

  private void change(NodeProcess node, FaultRun run) throws Exception {
    long stopped = System.nanoTime();
    node.terminate();
    node.start();
    run.awaitProgress(stopped, COMMITS_BETWEEN);
    run.probe.awaitWhole();
    run.recordGap(stopped);
    use(run);
    run.probe.assertReplicasEqual();
  }

  private void use(FaultRun run) throws InterruptedException {
    ObjectStore store = run.probe.client().store("site");
    int number = withBlobs.size();
    Bytes data = Bytes.copyOf("with a blob".getBytes(UTF_8));
    Oid oid = store.run(tx -> tx.createBlob(data, new ByteArrayInputStream(blob(number))));
    withBlobs.add(oid);
    Tid second = store.execute(tx -> tx.write(oid, Bytes.copyOf("undone".getBytes(UTF_8))));
    store.execute(tx -> tx.undo(second));
    pack(run);
  }

  private static void pack(FaultRun run) throws InterruptedException {
    PackStatus status = run.probe.client().admin().pack("site", Tid.MAX, false);
    while (status.isRunning()) {
      TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MILLIS);
      status = run.probe.client().admin().packStatus("site").orElseThrow();
    }
    assertThat(status.problem()).isEmpty();
  }

  private void assertBlobsAreWhole(ObjectStore store) throws IOException {
    for (int i = 0; i < withBlobs.size(); i++) {
      Oid oid = withBlobs.get(i);
      Tid serial = store.history(oid, 1).get(0).tid();
      assertThat(store.openBlob(oid, serial).stream().readAllBytes()).isEqualTo(blob(i));
    }
  }

  private static byte[] blob(int number) {
    byte[] content = new byte[BLOB_BYTES];
    new Random(number).nextBytes(content);
    return content;
  }
}
