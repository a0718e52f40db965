package io.troika.it.faults;

import io.troika.it.network.OwnNetwork;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Links between nodes, and between clients and nodes, are cut: both ways, one way, some of them.
 */
@Tag("once")
@Timeout(value = 25, unit = TimeUnit.MINUTES)
class PartitionIT {
  private static final long SECONDS_MAX = TimeUnit.MINUTES.toSeconds(20);

  @Test
  void linksCut_underLoad_nothingLostNothingStale(@TempDir Path directory) throws Exception {
    OwnNetwork.require();
    OwnNetwork.run(Partitions.class, directory, SECONDS_MAX);
  }
}
