package io.troika.it.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.client.Bytes;
import io.troika.client.ObjectStore;
import io.troika.it.cluster.NodeProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A follower loses its disk; the log that the others still have begins after what it would need.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class WipedFollowerIT {
  private static final int OBJECT_BYTES = 64 << 10;
  private static final int OBJECTS_PER_TRANSACTION = 16;
  private static final Duration BACK_WITHIN = Duration.ofSeconds(60);

  @Test
  void wipedFollower_underLoad_isBackAndEqual(@TempDir Path directory) throws Exception {
    try (FaultRun run =
        FaultRun.start(
            "wiped follower",
            directory,
            "raft.snapshot-size = 16 MiB",
            "raft.preserved-entries = 10")) {
      fill(run.probe.client().store("main"), Integer.getInteger("troika.it.megabytes", 60));
      NodeProcess follower = run.probe.follower();
      follower.kill();
      follower.wipe();
      long started = System.nanoTime();
      follower.start();
      run.probe.awaitWhole();
      Duration took = Duration.ofNanos(System.nanoTime() - started);
      System.out.printf("wiped follower: back after %d ms%n", took.toMillis());
      assertThat(took).isLessThan(BACK_WITHIN);
      run.finish();
      assertThat(run.workload.failures()).isEmpty();
    }
  }

  private static void fill(ObjectStore store, int megabytes) {
    Random random = new Random(11);
    int transactions = (megabytes << 20) / (OBJECT_BYTES * OBJECTS_PER_TRANSACTION);
    for (int i = 0; i < transactions; i++) {
      store.execute(
          transaction -> {
            for (int j = 0; j < OBJECTS_PER_TRANSACTION; j++) {
              byte[] bytes = new byte[OBJECT_BYTES];
              random.nextBytes(bytes);
              transaction.create(Bytes.wrap(bytes));
            }
          });
    }
  }
}
