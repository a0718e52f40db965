package io.troika.it.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.it.cluster.NodeProcess;
import io.troika.it.workload.Ballast;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A follower loses its disk; the log that the others still have begins after what it would need.
 */
@Tag("once")
@Timeout(value = 25, unit = TimeUnit.MINUTES)
class WipedFollowerIT {
  /** The size of the store; {@code -Dtroika.it.megabytes=200}. */
  private static final int MEGABYTES = Integer.getInteger("troika.it.megabytes", 60);

  private static final Duration BACK_WITHIN = Duration.ofMinutes(2);

  @Test
  void wipedFollower_underLoad_isBackAndEqual(@TempDir Path directory) throws Exception {
    try (FaultRun run =
        FaultRun.start(
            "wiped follower",
            directory,
            "raft.snapshot-size = 16 MiB",
            "raft.preserved-entries = 10")) {
      var unused = Ballast.load(run.probe.client().store("main"), MEGABYTES);
      NodeProcess follower = run.probe.follower();
      follower.kill();
      follower.wipe();
      long started = System.nanoTime();
      follower.start();
      run.probe.awaitWhole();
      Duration took = Duration.ofNanos(System.nanoTime() - started);
      System.out.printf("wiped follower of %d MB: back after %d ms%n", MEGABYTES, took.toMillis());
      assertThat(took).isLessThan(BACK_WITHIN);
      run.finish();
      assertThat(run.workload.failures()).isEmpty();
    }
  }
}
