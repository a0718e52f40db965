package io.troika.server.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.SmallDisk;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Disks that run short of room: nothing breaks, and all goes on when there is room. */
@Timeout(600)
final class ShortDiskNodeTest {
  /** Three nodes start only where 256 MiB are free, and allocate their logs ahead. */
  private static final int DISK_MEBIBYTES = 512;

  @TempDir Path directory;

  @Test
  void allDisksShort_transactionsAreRefusedReadsGoOn_andAllResumes() throws Exception {
    assertThat(findings("all"))
        .containsExactly(
            "> refused by DISK_FULL: true",
            "> reads go on: true",
            "> not ready for: disk",
            "> all alive: true",
            "> writes again: true",
            "> all there: true",
            "> equal: true");
  }

  @Test
  void diskOfTheLeaderShort_leadershipMoves_noTransactionIsRefusedForGood() throws Exception {
    assertThat(findings("leader"))
        .containsExactly(
            "> another one leads: true",
            "> all alive: true",
            "> writes again: true",
            "> all there: true",
            "> equal: true");
  }

  @Test
  void diskOfAFollowerExhausted_itLags_andCatchesUpWhenThereIsRoom() throws Exception {
    assertThat(findings("follower"))
        .containsExactly(
            "> it lags: true",
            "> all alive: true",
            "> writes again: true",
            "> all there: true",
            "> equal: true");
  }

  @Test
  void disksOfBothFollowersExhausted_theLeaderSaysSo_andAllResumes() throws Exception {
    assertThat(findings("followers"))
        .containsExactly(
            "> refused by DISK_FULL: true",
            "> reads go on: true",
            "> all alive: true",
            "> writes again: true",
            "> all there: true",
            "> equal: true");
  }

  private List<String> findings(String mode) throws Exception {
    List<String> printed = SmallDisk.run(directory, DISK_MEBIBYTES, ShortDiskNodes.class, mode);
    return printed.stream().filter(line -> line.startsWith(ShortDiskNodes.MARK)).toList();
  }
}
