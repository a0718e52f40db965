package io.troika.server.raft.entries;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.command.Command;
import io.troika.server.core.model.StorageId;
import io.troika.server.raft.entries.CommandLane.Waiting;
import io.troika.server.service.ports.TransactionTrace;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class CommandLaneTest {
  private static final int CHUNK_BYTES = 128 << 10;
  private final CommandLane lane =
      new CommandLane(new CommandLane.Limits(520 << 10, 4_096, 2, CHUNK_BYTES));

  private static Waiting command(int bytes) {
    return new Waiting(
        new Command.AllocateOids(new StorageId(1), 1),
        bytes,
        new CompletableFuture<>(),
        TransactionTrace.NONE);
  }

  private void add(int chunks) {
    for (int i = 0; i < chunks; i++) {
      lane.add(command(CHUNK_BYTES), 0);
    }
  }

  @Test
  void next_alone_fillsTwoEntries() {
    add(9);

    assertThat(lane.next(0, false)).hasSize(4);
    assertThat(lane.next(1, false)).hasSize(4);
    assertThat(lane.next(2, false)).isEmpty();
    assertThat(lane.size()).isEqualTo(1);
  }

  @Test
  void next_whichYields_hasOneChunkUnderWay() {
    add(9);

    assertThat(lane.next(0, true)).hasSize(1);
    assertThat(lane.next(1, true)).isEmpty();
    assertThat(lane.next(2, true)).isEmpty();
    assertThat(lane.size()).isEqualTo(8);
  }

  @Test
  void next_ofACommandThatIsLargerThanAnEntryWhichYields_takesItAlone() {
    CommandLane small = new CommandLane(new CommandLane.Limits(CHUNK_BYTES, 4_096, 2, 1));
    small.add(command(512 << 10), 0);

    assertThat(small.next(0, true)).hasSize(1);
  }

  @Test
  void isInUse_endsSomeTimeAfterTheLastCommand() {
    long now = Duration.ofDays(1).toNanos();
    assertThat(lane.isInUse(now)).as("never used").isFalse();

    lane.add(command(1), now);

    assertThat(lane.isInUse(now + CommandLane.IN_USE.toNanos() - 1)).isTrue();
    assertThat(lane.isInUse(now + CommandLane.IN_USE.toNanos())).isFalse();
  }
}
