package io.troika.server.cli.storages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.client.PackStatus;
import io.troika.client.PackStatus.Phase;
import io.troika.client.Tid;
import io.troika.server.cli.output.TransactionProgress;
import java.util.Iterator;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** How {@code troika pack} follows what it has begun. */
class PackCommandTest {
  private static final PackStatus RUNNING = status(Phase.REVISIONS);
  private static final PackStatus DONE = status(Phase.DONE);

  private static PackStatus status(Phase phase) {
    return new PackStatus(Tid.MAX, phase, true, "", 0, 0, 0, 0, 0);
  }

  @Test
  void follow_aLeaderThatHasNotHeardOfItYet_isAskedAgain() throws Exception {
    Iterator<Optional<PackStatus>> said =
        Stream.of(Optional.of(RUNNING), Optional.<PackStatus>empty(), Optional.of(DONE)).iterator();

    assertThat(PackCommand.follow("main", RUNNING, said::next, TransactionProgress.NONE))
        .isEqualTo(DONE);
  }

  @Test
  void follow_aStorageThatHasNoPackAnyMore_ends() {
    assertThatThrownBy(
            () -> PackCommand.follow("main", RUNNING, Optional::empty, TransactionProgress.NONE))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("storage main: it has no pack any more");
  }
}
