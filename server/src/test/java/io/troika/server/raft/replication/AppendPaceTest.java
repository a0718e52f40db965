package io.troika.server.raft.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.stream.LongStream;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.StateMachineLogEntryProto;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.junit.jupiter.api.Test;

class AppendPaceTest {
  private static final int MAX = 8 << 20;
  private static final int ENTRY_BYTES = 32 << 10;
  private static final long COUNT = 100;
  private static final Duration SLOW = AppendPace.SLOW;

  private final AppendPace pace = new AppendPace(MAX);
  private long nanos = 5;
  private long match;
  private long next = 1;

  private static LogEntryProto entry(long index, int bytes) {
    return LogEntryProto.newBuilder()
        .setIndex(index)
        .setStateMachineLogEntry(
            StateMachineLogEntryProto.newBuilder().setLogData(ByteString.copyFrom(new byte[bytes])))
        .build();
  }

  private int send(int bytes) {
    List<LogEntryProto> entries =
        LongStream.range(next, next + COUNT).mapToObj(index -> entry(index, bytes)).toList();
    int count = pace.send(entries, nanos);
    next += count;
    return count;
  }

  private boolean mayAppend() {
    pace.settle(match, next, nanos);
    return pace.mayAppend(match, nanos);
  }

  private Duration overdue() {
    return pace.overdue(match, nanos);
  }

  private void pass(Duration time) {
    nanos += time.toNanos();
  }

  private void acknowledge() {
    match = next - 1;
  }

  private void becomeSlow() {
    send(ENTRY_BYTES);
    pass(SLOW);
    assertThat(mayAppend()).isFalse();
    acknowledge();
    assertThat(mayAppend()).isTrue();
  }

  @Test
  void acknowledgedSoon_allGoesOut_alsoWhileMoreIsUnderWay() {
    for (int i = 0; i < 50; i++) {
      assertThat(mayAppend()).isTrue();
      assertThat(send(ENTRY_BYTES)).isEqualTo((int) COUNT);
      pass(Duration.ofMillis(50));
      match = Math.max(0, next - 1 - 2 * COUNT);
    }
  }

  @Test
  void notAcknowledgedInTime_waits_thenSendsLittle_oneAfterTheOther() {
    becomeSlow();

    assertThat(send(ENTRY_BYTES)).isEqualTo(AppendPace.BYTES_MIN / ENTRY_BYTES - 1);
    assertThat(mayAppend()).as("before the answer").isFalse();
    pass(AppendPace.QUICK);
    acknowledge();
    assertThat(mayAppend()).isTrue();
    assertThat(send(ENTRY_BYTES)).as("neither slow nor quick").isEqualTo(1);
  }

  @Test
  void quickAgain_sendsMore_untilItSendsAll() {
    becomeSlow();
    int rounds = 0;
    for (; send(ENTRY_BYTES) < COUNT; rounds++) {
      pass(Duration.ofMillis(400)); // as from one continent to another
      acknowledge();
      assertThat(mayAppend()).isTrue();
    }

    assertThat(rounds).isEqualTo(6); // 64 KiB to 4 MiB, which is more than there is
    for (; !mayAppend(); rounds++) {
      pass(Duration.ofMillis(400));
      acknowledge();
      mayAppend();
      send(ENTRY_BYTES);
    }
    assertThat(rounds).as("and does not wait for answers").isEqualTo(7);
  }

  @Test
  void sometimesSlowAgain_sendsLess() {
    becomeSlow();
    for (int i = 0; i < 3; i++) {
      send(ENTRY_BYTES);
      acknowledge();
      assertThat(mayAppend()).isTrue();
    }
    int before = send(ENTRY_BYTES);
    pass(SLOW);
    acknowledge();
    assertThat(mayAppend()).isTrue();

    assertThat(send(ENTRY_BYTES)).isBetween(before / 2 - 1, before / 2);
  }

  @Test
  void largerThanWhatIsSentAtOnce_goesAlone() {
    becomeSlow();

    assertThat(send(1 << 20)).isEqualTo(1);
  }

  @Test
  void lostWithItsConnection_isSentAgain() {
    becomeSlow();
    send(ENTRY_BYTES);
    assertThat(mayAppend()).isFalse();

    next = match + 1; // what Ratis does then
    assertThat(mayAppend()).isTrue();
    assertThat(overdue()).isZero();
  }

  /** Between the request and Ratis's counting it, others may look. */
  @Test
  void whoeverOnlyLooks_changesNothing() {
    becomeSlow();
    pace.send(List.of(entry(next, ENTRY_BYTES)), nanos);

    assertThat(pace.mayAppend(match, nanos)).isFalse();
    assertThat(pace.mayAppend(next, nanos)).as("acknowledged").isTrue();
    assertThat(pace.mayAppend(match, nanos)).isFalse();
    assertThat(pace.mayBeUnderWay(match, nanos)).isTrue();
  }

  @Test
  void overdue_whenItTakesLongerThanOverAnyLink() {
    assertThat(overdue()).isZero();
    send(ENTRY_BYTES);
    pass(Duration.ofSeconds(COUNT)); // at 32 KiB/s
    assertThat(overdue()).isZero();
    pass(Duration.ofSeconds(7));
    assertThat(overdue()).isBetween(Duration.ofMillis(6_900), Duration.ofMillis(7_000));
    acknowledge();
    assertThat(overdue()).isZero();
  }

  /** As with a node that was killed: Ratis keeps what it has counted as sent. */
  @Test
  void lostWithItsConnection_isAskedForAfterItsTime() {
    send(1);
    pass(AppendPace.SLOW);
    assertThat(mayAppend()).isFalse();
    assertThat(pace.mayBeUnderWay(match, nanos)).isTrue();

    pass(AppendPace.LOST);

    assertThat(pace.mayBeUnderWay(match, nanos)).isFalse();
    next = match + 1; // the follower has said what it has
    assertThat(mayAppend()).isTrue();
  }
}
