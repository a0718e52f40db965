package org.apache.ratis.server.raftlog.segmented;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.StateMachineLogEntryProto;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.server.raftlog.segmented.SegmentedRaftLog.Task;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.server.storage.StorageImplUtils;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.util.CodeInjectionForTesting;
import org.apache.ratis.util.DataBlockingQueue;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** With Ratis's log; its writer waits for minutes where it waits for a second. */
@Timeout(600)
final class LogWriterWakeTest {
  private static final TimeDuration MINUTES = TimeDuration.valueOf(10, TimeUnit.MINUTES);
  private static final SizeInBytes ENTRY_MAX = SizeInBytes.valueOf("16KB");
  private static final int ROUNDS = 5;
  private static final long ENTRIES = 500;

  @TempDir Path directory;
  private final CompletableFuture<Task> got = new CompletableFuture<>();
  private final CountDownLatch waits = new CountDownLatch(1);

  /** Ratis's writer calls it before it takes tasks. */
  private void letTheWriterWait() {
    CodeInjectionForTesting.put(
        SegmentedRaftLogWorker.RUN_WORKER,
        (local, remote, arguments) -> {
          waits.countDown();
          try {
            got.complete((Task) ((DataBlockingQueue<?>) arguments[0]).poll(MINUTES));
          } catch (InterruptedException e) {
            got.completeExceptionally(e);
          }
          return true;
        });
  }

  @AfterEach
  void endInjection() {
    CodeInjectionForTesting.remove(SegmentedRaftLogWorker.RUN_WORKER);
  }

  private SegmentedRaftLog open(Path storageDirectory) throws IOException {
    RaftProperties properties = new RaftProperties();
    RaftServerConfigKeys.Log.setPreallocatedSize(properties, SizeInBytes.valueOf("64KB"));
    RaftServerConfigKeys.Log.setWriteBufferSize(properties, SizeInBytes.valueOf("64KB"));
    RaftServerConfigKeys.Log.Appender.setBufferByteLimit(properties, ENTRY_MAX);
    RaftStorage storage =
        StorageImplUtils.newRaftStorage(
            storageDirectory.toFile(),
            SizeInBytes.valueOf(0),
            RaftStorage.StartupOption.RECOVER,
            RaftServerConfigKeys.Log.CorruptionPolicy.EXCEPTION);
    storage.initialize();
    SegmentedRaftLog log =
        SegmentedRaftLog.newBuilder()
            .setMemberId(
                RaftGroupMemberId.valueOf(RaftPeerId.valueOf("n1"), RaftGroupId.randomId()))
            .setStorage(storage)
            .setProperties(properties)
            .build();
    log.open(-1, entry -> {});
    return log;
  }

  private static LogWriterWake wakeOf(SegmentedRaftLog log) {
    return LogWriterWake.of(log).orElseThrow();
  }

  private static CompletableFuture<Void> closing(SegmentedRaftLog log) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            log.close();
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        },
        task -> new Thread(task, "closes the log").start());
  }

  /** As it is closed in a node. */
  private static void closeAndWake(SegmentedRaftLog log) throws Exception {
    LogWriterWake wake = wakeOf(log);
    CompletableFuture<Void> closed = closing(log);
    while (!closed.isDone()) {
      boolean unused = wake.wakeIfClosed();
    }
    closed.get();
  }

  @Test
  void wakeIfClosed_logIsClosed_endsTheWaitOfItsWriter() throws Exception {
    letTheWriterWait();
    SegmentedRaftLog log = open(directory);
    waits.await();

    CompletableFuture<Void> closed = closing(log);
    await().until(() -> !log.isOpened());
    assertThat(got).isNotDone();
    assertThat(wakeOf(log).wakeIfClosed()).isTrue();

    assertThat(got.get()).isNotNull();
    closed.get();
  }

  @Test
  void wakeIfClosed_logIsOpen_leavesItsWriterAlone() throws Exception {
    letTheWriterWait();
    SegmentedRaftLog log = open(directory);
    waits.await();

    assertThat(wakeOf(log).wakeIfClosed()).isFalse();
    assertThat(got).isNotDone();

    closeAndWake(log);
  }

  @Test
  void wakeIfClosed_twice_givesOneTaskOnly() throws Exception {
    SegmentedRaftLog log = open(directory);
    closeAndWake(log);
    DataBlockingQueue<Task> tasks =
        new DataBlockingQueue<>("tasks", ENTRY_MAX, 10, Task::getSerializedSize);
    LogWriterWake wake = new LogWriterWake(log, tasks);

    assertThat(wake.wakeIfClosed()).isTrue();
    assertThat(wake.wakeIfClosed()).isFalse();
    assertThat(tasks.getNumElements()).isEqualTo(1);
  }

  @Test
  void wakeIfClosed_whileEntriesAreWritten_losesNoneThatWasFlushed() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      Path storage = directory.resolve("round-" + round);
      SegmentedRaftLog log = open(storage);
      List<LogEntryProto> entries =
          LongStream.range(0, ENTRIES).mapToObj(LogWriterWakeTest::entry).toList();
      List<CompletableFuture<Long>> written = log.append(entries);

      closeAndWake(log);

      long flushed = written.stream().filter(LogWriterWakeTest::succeeded).count();
      SegmentedRaftLog again = open(storage);
      assertThat(again.getNextIndex()).isBetween(flushed, ENTRIES);
      closeAndWake(again);
    }
  }

  private static boolean succeeded(CompletableFuture<Long> written) {
    return written.isDone() && !written.isCompletedExceptionally();
  }

  private static LogEntryProto entry(long index) {
    return LogEntryProto.newBuilder()
        .setTerm(1)
        .setIndex(index)
        .setStateMachineLogEntry(
            StateMachineLogEntryProto.newBuilder().setLogData(ByteString.copyFrom(new byte[100])))
        .build();
  }
}
