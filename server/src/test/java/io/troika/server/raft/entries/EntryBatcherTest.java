package io.troika.server.raft.entries;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.core.command.Command;
import io.troika.server.core.command.Command.StageChunk;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.TransactionId;
import io.troika.server.log.LogEntryCodec;
import io.troika.server.raft.threads.TaskTimer;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.ports.TransactionTrace;
import io.troika.server.service.refusals.NotLeaderException;
import io.troika.server.service.refusals.OutcomeUnknownException;
import io.troika.server.service.refusals.OverloadedException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.StateMachineLogEntryProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class EntryBatcherTest {
  private static final Command NUMBER = new Command.AllocateOids(new StorageId(1), 1);
  private static final int NUMBER_BYTES = LogEntryCodec.encodedSize(NUMBER);
  private static final Duration UNSETTLED = Duration.ofSeconds(4);

  /** A log that takes entries and does nothing until it is told. */
  private static final class SlowLog implements EntryBatcher.Appender {
    final List<PendingEntry> pending = new ArrayList<>();
    final List<LogEntry> entries = new ArrayList<>();
    final List<CompletableFuture<Void>> replies = new ArrayList<>();

    @Override
    public CompletableFuture<Void> append(PendingEntry entry, byte[] bytes) {
      pending.add(entry);
      entries.add(LogEntryCodec.decode(Bytes.wrap(bytes)));
      CompletableFuture<Void> reply = new CompletableFuture<>();
      replies.add(reply);
      return reply;
    }

    @Override
    public RuntimeException refusal(Throwable cause) {
      return new NotLeaderException(new Leadership(7, "n2", "n2:1", false));
    }

    /** The entry gets into the log at {@code index}, whatever becomes of it. */
    void appended(int entry, long index) {
      TransactionContext context =
          TransactionContext.newBuilder()
              .setStateMachine(new BaseStateMachine())
              .setLogEntry(
                  LogEntryProto.newBuilder()
                      .setTerm(1)
                      .setIndex(index)
                      .setStateMachineLogEntry(StateMachineLogEntryProto.getDefaultInstance())
                      .build())
              .build();
      pending.get(entry).appending(context);
    }

    void giveUp(int entry) {
      replies.get(entry).completeExceptionally(new IllegalStateException("stepped down"));
    }
  }

  private final SlowLog log = new SlowLog();
  private final List<Runnable> timed = new ArrayList<>();
  private Duration expectedDelay = UNSETTLED;
  private long nanoTime;
  private final TaskTimer timer =
      new TaskTimer() {
        @Override
        public long nanoTime() {
          return nanoTime;
        }

        @Override
        public Runnable schedule(Runnable task, Duration delay) {
          assertThat(delay).isEqualTo(expectedDelay);
          timed.add(task);
          return () -> timed.remove(task);
        }
      };
  private final EntryBatcher batcher = batcher(3, 100 * NUMBER_BYTES, 10, 1_000L * NUMBER_BYTES);

  /** One that takes a second entry for whatever waits. */
  private EntryBatcher batcher(
      int entryCommandsMax, int commandBytesPerEntry, int queueCommandsMax, long queueBytesMax) {
    return batcher(entryCommandsMax, commandBytesPerEntry, queueCommandsMax, queueBytesMax, 1);
  }

  private EntryBatcher batcher(
      int entryCommandsMax,
      int commandBytesPerEntry,
      int queueCommandsMax,
      long queueBytesMax,
      int pipelinedBytesMin) {
    return new EntryBatcher(
        new EntryBatcher.Limits(
            LogEntryCodec.ENTRY_OVERHEAD_BYTES + commandBytesPerEntry,
            entryCommandsMax,
            queueCommandsMax,
            queueBytesMax,
            2,
            pipelinedBytesMin,
            UNSETTLED),
        log,
        timer,
        Clock.fixed(Instant.ofEpochMilli(5_000), ZoneOffset.UTC),
        Duration.ofHours(1));
  }

  private static List<Outcome> outcomes(int first, int count) {
    return IntStream.range(first, first + count)
        .<Outcome>mapToObj(n -> new Outcome.OidsAllocated(new Oid(n), 1))
        .toList();
  }

  private void applied(int entry, long index, List<Outcome> outcomes) {
    PendingEntry pending = log.pending.get(entry);
    batcher.applied(new LogPosition(1, index), pending.client(), pending.callId(), outcomes, 0);
  }

  /** What a trace is told. */
  private static final class Heard implements TransactionTrace {
    private final List<String> events = new ArrayList<>();

    @Override
    public void submitted() {
      events.add("submitted");
    }

    @Override
    public void applied(LogPosition position, long nanos) {
      events.add("applied at " + position.index() + " in " + nanos);
    }

    @Override
    public void ended(@Nullable Object answer, @Nullable Throwable failure) {
      events.add("ended");
    }
  }

  @Test
  void submit_traced_isToldOfItsEntryBeforeItIsAnswered() {
    Heard heard = new Heard();
    CompletableFuture<?> answered =
        batcher.submit(NUMBER, heard).thenRun(() -> heard.events.add("answered"));
    PendingEntry pending = log.pending.get(0);

    batcher.applied(new LogPosition(1, 7), pending.client(), pending.callId(), outcomes(1, 1), 123);

    assertThat(answered).isCompleted();
    assertThat(heard.events).containsExactly("applied at 7 in 123", "answered");
  }

  @Test
  void submit_aLoneCommand_goesOutAtOnce() {
    CompletableFuture<Outcome> outcome = batcher.submit(NUMBER);

    assertThat(log.entries).containsExactly(new LogEntry(5_000, 3_600_000, List.of(NUMBER)));
    applied(0, 1, outcomes(1, 1));
    assertThat(outcome).isCompletedWithValue(new Outcome.OidsAllocated(new Oid(1), 1));
  }

  @Test
  void submit_whileTwoEntriesAreUnderWay_waitsAndSharesTheNext() {
    List<CompletableFuture<Outcome>> all =
        IntStream.range(0, 6).mapToObj(i -> batcher.submit(NUMBER)).toList();
    assertThat(log.entries).hasSize(2);

    applied(0, 1, outcomes(1, 1));

    assertThat(log.entries).hasSize(3);
    assertThat(log.entries.get(2).commands()).hasSize(3); // entryCommandsMax
    applied(2, 3, outcomes(3, 3));
    assertThat(all.get(4)).isCompletedWithValue(new Outcome.OidsAllocated(new Oid(5), 1));
    assertThat(log.entries.get(3).commands()).hasSize(1);
  }

  @Test
  void submit_littleWaitsWhileAnEntryIsUnderWay_isNotWorthAnother() {
    EntryBatcher frugal =
        batcher(1_000, 100 * NUMBER_BYTES, 100, 1_000L * NUMBER_BYTES, 4 * NUMBER_BYTES);
    IntStream.range(0, 4).forEach(i -> assertThat(frugal.submit(NUMBER)).isNotDone());
    assertThat(log.entries).as("3 commands wait").hasSize(1);

    PendingEntry first = log.pending.get(0);
    frugal.applied(new LogPosition(1, 1), first.client(), first.callId(), outcomes(1, 1), 0);

    assertThat(log.entries).hasSize(2);
    assertThat(log.entries.get(1).commands()).hasSize(3);
  }

  /** The next leader's entry may be applied here before Ratis says that it has given ours up. */
  @Test
  void passedOrJumped_beforeItIsGivenUp_whatWaitedForItGoesOn() {
    EntryBatcher frugal =
        batcher(1_000, 100 * NUMBER_BYTES, 100, 1_000L * NUMBER_BYTES, 4 * NUMBER_BYTES);
    List<CompletableFuture<Outcome>> all = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      all.add(frugal.submit(NUMBER));
    }
    assertThat(log.entries).as("2 commands wait").hasSize(1);
    log.appended(0, 5);
    frugal.passed(new LogPosition(2, 5));
    assertThat(log.entries).hasSize(2);
    log.giveUp(0);

    all.add(frugal.submit(NUMBER));
    assertThat(log.entries).as("1 command waits").hasSize(2);
    log.appended(1, 6);
    frugal.jumped(new LogPosition(2, 9));
    assertThat(log.entries).hasSize(3);
    log.giveUp(1);
    log.giveUp(2);

    assertThat(all).allSatisfy(outcome -> assertThat(outcome).isCompletedExceptionally());
  }

  /** Then followers hear of a commit by the next entry, if there is one. */
  @Test
  void isIdle_whenAnAnswerComes_ifNoOtherCommandWaited() {
    EntryBatcher frugal =
        batcher(1_000, 100 * NUMBER_BYTES, 100, 1_000L * NUMBER_BYTES, 4 * NUMBER_BYTES);
    assertThat(frugal.isIdle()).isTrue();
    List<Boolean> idle = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      var unused = frugal.submit(NUMBER).thenRun(() -> idle.add(frugal.isIdle()));
    }
    assertThat(frugal.isIdle()).isFalse();

    for (int i = 0; i < 2; i++) {
      PendingEntry entry = log.pending.get(i);
      frugal.applied(
          new LogPosition(1, i + 1), entry.client(), entry.callId(), outcomes(i + 1, 1), 0);
    }

    assertThat(idle).containsExactly(false, true);
  }

  /** Otherwise the clients would fall apart into two groups that take turns. */
  @Test
  void submit_afterAnAnswer_waitsForThoseWhoWereAnswered() {
    EntryBatcher frugal = answeredTwoWhileOneWaits();
    assertThat(log.entries).as("one waits for two").hasSize(2);

    assertThat(frugal.submit(NUMBER)).isNotDone();
    assertThat(log.entries).hasSize(2);
    assertThat(frugal.submit(NUMBER)).isNotDone();

    assertThat(log.entries).hasSize(3);
    assertThat(log.entries.get(2).commands()).hasSize(3);
  }

  @Test
  void submit_thoseWhoWereAnsweredDoNotComeBack_goesOutAfterAWhile() {
    EntryBatcher frugal = answeredTwoWhileOneWaits();
    assertThat(timed).hasSize(1);

    nanoTime += expectedDelay.toNanos();
    timed.get(0).run();

    assertThat(log.entries).hasSize(3);
    assertThat(log.entries.get(2).commands()).hasSize(1);
    assertThat(frugal.isIdle()).isFalse();
  }

  /** All had come before the end of a longer wait, whose look is still to come. */
  @Test
  void submit_afterAQuickerEntry_waitsNoLongerThanThatTook() {
    EntryBatcher frugal = answeredTwoWhileOneWaits();
    IntStream.range(0, 2).forEach(i -> assertThat(frugal.submit(NUMBER)).isNotDone());
    assertThat(log.entries).hasSize(3);
    assertThat(frugal.submit(NUMBER)).isNotDone();
    expectedDelay = expectedDelay.dividedBy(4);
    nanoTime += expectedDelay.toNanos();
    answered(frugal, 2, 3);
    assertThat(log.entries).as("one waits for three").hasSize(3);

    assertThat(timed).hasSize(2);
    nanoTime += expectedDelay.toNanos();
    timed.get(1).run();

    assertThat(log.entries).hasSize(4);
  }

  private EntryBatcher answeredTwoWhileOneWaits() {
    EntryBatcher frugal =
        batcher(1_000, 100 * NUMBER_BYTES, 100, 1_000L * NUMBER_BYTES, 90 * NUMBER_BYTES);
    IntStream.range(0, 3).forEach(i -> assertThat(frugal.submit(NUMBER)).isNotDone());
    answered(frugal, 0, 1); // in no time, so that nothing waits after it
    assertThat(frugal.submit(NUMBER)).isNotDone();
    expectedDelay = Duration.ofMillis(2);
    nanoTime += expectedDelay.toNanos();
    answered(frugal, 1, 2);
    return frugal;
  }

  private void answered(EntryBatcher of, int entry, int commands) {
    PendingEntry pending = log.pending.get(entry);
    of.applied(
        new LogPosition(1, entry + 1),
        pending.client(),
        pending.callId(),
        outcomes(entry, commands),
        0);
  }

  @Test
  void submit_muchWaitsWhileAnEntryIsUnderWay_isSentToo() {
    EntryBatcher frugal =
        batcher(1_000, 100 * NUMBER_BYTES, 100, 1_000L * NUMBER_BYTES, 4 * NUMBER_BYTES);
    IntStream.range(0, 12).forEach(i -> assertThat(frugal.submit(NUMBER)).isNotDone());

    assertThat(log.entries).as("never more than two under way").hasSize(2);
    assertThat(log.entries.get(1).commands()).hasSize(4);
  }

  @Test
  void submit_whileChunksOfABlobWait_goesOutBeforeThemInAnEntryOfItsOwnAndHoldsThemBack() {
    List<Command> chunks = IntStream.range(0, 5).mapToObj(EntryBatcherTest::chunk).toList();
    chunks.forEach(chunk -> assertThat(batcher.submit(chunk)).isNotDone());
    assertThat(log.entries).as("two of chunks under way").hasSize(2);

    CompletableFuture<Outcome> outcome = batcher.submit(NUMBER);

    assertThat(log.entries).hasSize(3);
    assertThat(log.entries.get(2).commands()).containsExactly(NUMBER);
    applied(0, 1, outcomes(1, 1));
    assertThat(log.entries).as("one of chunks beside commits").hasSize(3);
    nanoTime += CommandLane.IN_USE.toNanos();
    applied(2, 3, outcomes(3, 1));
    assertThat(log.entries).as("two of them when nobody commits any more").hasSize(4);
    assertThat(log.entries.get(3).commands()).isEqualTo(chunks.subList(2, 5));
    assertThat(outcome).isCompletedWithValue(new Outcome.OidsAllocated(new Oid(3), 1));
  }

  private static Command chunk(int number) {
    BlobId blob = new BlobId(new TransactionId(new UUID(0, 1), 1), 0);
    Bytes data = Bytes.wrap(new byte[] {1});
    return new StageChunk(
        new StorageId(1), blob, 1, number, data, new StageChunk.Terms(60_000, 9, 9));
  }

  @Test
  void submit_waitingCommands_fillAnEntryUpToItsBytes() {
    EntryBatcher small = batcher(1_000, 2 * NUMBER_BYTES + 1, 10, 1_000L * NUMBER_BYTES);
    IntStream.range(0, 5).forEach(i -> assertThat(small.submit(NUMBER)).isNotDone());

    PendingEntry first = log.pending.get(0);
    small.applied(new LogPosition(1, 1), first.client(), first.callId(), outcomes(1, 1), 0);

    assertThat(log.entries.get(2).commands()).hasSize(2);
  }

  @Test
  void submit_moreThanFitsAnEntry_namesBothSizes() {
    EntryBatcher small = batcher(1_000, NUMBER_BYTES - 1, 10, 1_000L * NUMBER_BYTES);

    assertThatThrownBy(() -> small.submit(NUMBER).join())
        .cause()
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(NUMBER_BYTES + " bytes")
        .hasMessageContaining((NUMBER_BYTES - 1) + " bytes");
    assertThat(log.entries).isEmpty();
  }

  @Test
  void submit_intoAFullQueue_isOverload() {
    IntStream.range(0, 12).forEach(i -> assertThat(batcher.submit(NUMBER)).isNotDone());

    assertThatThrownBy(() -> batcher.submit(NUMBER).join())
        .cause()
        .isInstanceOf(OverloadedException.class);
  }

  @Test
  void submit_beyondTheQueuesBytes_isOverload() {
    EntryBatcher small = batcher(1_000, 100 * NUMBER_BYTES, 1_000, 2L * NUMBER_BYTES);
    IntStream.range(0, 4).forEach(i -> assertThat(small.submit(NUMBER)).isNotDone());

    assertThatThrownBy(() -> small.submit(NUMBER).join())
        .cause()
        .isInstanceOf(OverloadedException.class);
  }

  @Test
  void refusedBeforeTheAppend_nothingHappened() {
    CompletableFuture<Outcome> outcome = batcher.submit(NUMBER);

    log.giveUp(0);

    assertThatThrownBy(outcome::join).cause().isInstanceOf(NotLeaderException.class);
  }

  @Test
  void givenUpAfterTheAppend_thenApplied_hasItsOutcome() {
    CompletableFuture<Outcome> outcome = batcher.submit(NUMBER);
    log.appended(0, 9);

    log.giveUp(0);
    assertThat(outcome).isNotDone();
    applied(0, 9, outcomes(4, 1));

    assertThat(outcome).isCompletedWithValue(new Outcome.OidsAllocated(new Oid(4), 1));
  }

  @Test
  void givenUpAfterTheAppend_thenReplacedAtItsIndex_nothingHappened() {
    CompletableFuture<Outcome> outcome = batcher.submit(NUMBER);
    log.appended(0, 9);
    log.giveUp(0);

    batcher.passed(new LogPosition(2, 8));
    assertThat(outcome).isNotDone();
    batcher.passed(new LogPosition(2, 9));

    assertThatThrownBy(outcome::join).cause().isInstanceOf(NotLeaderException.class);
  }

  @Test
  void givenUpAfterTheAppend_thenACheckpoint_isUnknown() {
    CompletableFuture<Outcome> outcome = batcher.submit(NUMBER);
    log.appended(0, 9);
    log.giveUp(0);

    batcher.jumped(new LogPosition(2, 20));
    batcher.passed(new LogPosition(2, 21));

    assertThatThrownBy(outcome::join).cause().isInstanceOf(OutcomeUnknownException.class);
  }

  @Test
  void givenUpAfterTheAppend_thenSilence_isUnknown() {
    CompletableFuture<Outcome> outcome = batcher.submit(NUMBER);
    log.appended(0, 9);
    log.giveUp(0);

    timed.forEach(Runnable::run);

    assertThatThrownBy(outcome::join).cause().isInstanceOf(OutcomeUnknownException.class);
    applied(0, 9, outcomes(1, 1)); // too late, and harmless
  }

  @Test
  void applied_anEntryOfAnotherClientWithTheSameCallId_isNotOurs() {
    CompletableFuture<Outcome> outcome = batcher.submit(NUMBER);
    PendingEntry pending = log.pending.get(0);
    batcher.beginTerm();

    batcher.applied(
        new LogPosition(1, 1), ClientId.randomId(), pending.callId(), outcomes(1, 1), 0);

    assertThat(outcome).isNotDone();
  }

  @Test
  void givenUp_freesTheSlot() {
    IntStream.range(0, 3).forEach(i -> assertThat(batcher.submit(NUMBER)).isNotDone());
    log.appended(0, 1);

    log.giveUp(0);

    assertThat(log.entries).hasSize(3);
  }

  @Test
  void close_whatMayBeLoggedIsUnknown_whatWaitsDidNotHappen() {
    List<CompletableFuture<Outcome>> all =
        IntStream.range(0, 3).mapToObj(i -> batcher.submit(NUMBER)).toList();

    batcher.close(() -> new NotLeaderException(new Leadership(1, "", "", false)));

    assertThatThrownBy(() -> all.get(0).join()).cause().isInstanceOf(OutcomeUnknownException.class);
    assertThatThrownBy(() -> all.get(2).join()).cause().isInstanceOf(NotLeaderException.class);
    assertThatThrownBy(() -> batcher.submit(NUMBER).join())
        .cause()
        .isInstanceOf(NotLeaderException.class);
  }
}
