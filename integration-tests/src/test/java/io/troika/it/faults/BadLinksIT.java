package io.troika.it.faults;

import io.troika.it.network.OwnNetwork;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Links that are slow, or lose much of what is sent: of a follower, of the leader, of all. */
@Tag("once")
@Timeout(value = 25, unit = TimeUnit.MINUTES)
class BadLinksIT {
  private static final long SECONDS_MAX = TimeUnit.MINUTES.toSeconds(20);

  @Test
  void linksSlowOrLossy_underLoad_nothingLost_memoryBounded_backInStep(@TempDir Path directory)
      throws Exception {
    OwnNetwork.requireBadLinks();
    OwnNetwork.run(BadLinks.class, directory, SECONDS_MAX);
  }
}
