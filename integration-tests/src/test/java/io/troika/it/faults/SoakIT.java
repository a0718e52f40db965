package io.troika.it.faults;

import io.troika.it.network.OwnNetwork;
import io.troika.it.soak.Soak;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Faults of all kinds at random, some at once, some while nodes recover from others. The long form
 * takes another seed each time, and prints it; {@code -Dtroika.it.seed=7} does the same again, with
 * {@code -Dtroika.it.first=12 -Dtroika.it.rounds=1} one episode of it alone.
 */
@Timeout(value = 125, unit = TimeUnit.MINUTES)
class SoakIT {
  private static final long SECONDS_MAX = TimeUnit.MINUTES.toSeconds(120);

  /** All killed beside a slow link; a node cut off and one paused; a slow disk. */
  private static final long SEED_SHORT = 22;

  private static final int EPISODES_SHORT = 3;
  private static final int EPISODES_LONG = 20;
  private static final String EPISODES = "troika.it.episodes";
  private static final String SEED = "troika.it.seed";

  /** Kept when it fails: the whole logs of nodes and clients. */
  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  Path directory;

  @Test
  @Tag("once")
  void someEpisodes_nothingLost_wholeAgainAfterEach() throws Exception {
    run(SEED_SHORT, EPISODES_SHORT);
  }

  @Test
  void manyEpisodes_nothingLost_wholeAgainAfterEach() throws Exception {
    run(Long.getLong(SEED, System.currentTimeMillis()), FaultRun.rounds(EPISODES_LONG));
  }

  private void run(long seed, int episodes) throws Exception {
    OwnNetwork.requireBadLinks();
    Soak.requirePython(); // what is installed from elsewhere is so before there is no way there
    System.setProperty(SEED, Long.toString(seed));
    System.setProperty(EPISODES, Integer.toString(episodes));
    OwnNetwork.run(Soak.class, directory, SECONDS_MAX);
  }
}
