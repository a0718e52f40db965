package org.apache.ratis.server.raftlog.segmented;

import java.io.IOException;
import java.lang.reflect.Field;
import java.util.Optional;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.raftlog.segmented.SegmentedRaftLog.Task;
import org.apache.ratis.util.DataBlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the wait of the thread that writes a log, once the log is closed. Ratis's thread looks only
 * once a second whether it was, while it waits for a task, and whoever closes the log waits for the
 * thread. So it gets a task that does nothing, after which it looks at once. It is not interrupted:
 * that could close the log's file under a write. Safe for any thread; never waits.
 */
public final class LogWriterWake {
  private static final Logger logger = LoggerFactory.getLogger(LogWriterWake.class);

  private final RaftLog log;
  private final DataBlockingQueue<Task> tasks;

  LogWriterWake(RaftLog log, DataBlockingQueue<Task> tasks) {
    this.log = log;
    this.tasks = tasks;
  }

  /**
   * That of a log's writer.
   *
   * @return empty if Ratis's log is not made as it was in 3.3; closing it takes a second longer
   */
  public static Optional<LogWriterWake> of(RaftLog log) {
    try {
      return Optional.of(new LogWriterWake(log, tasksOf(log)));
    } catch (ReflectiveOperationException | RuntimeException e) {
      logger.info("{} has no writer that could be woken when it is closed", log.getClass(), e);
      return Optional.empty();
    }
  }

  @SuppressWarnings("unchecked") // so it is declared there
  private static DataBlockingQueue<Task> tasksOf(RaftLog log) throws ReflectiveOperationException {
    Object writer = field(SegmentedRaftLog.class, "fileLogWorker").get(log);
    return (DataBlockingQueue<Task>) field(SegmentedRaftLogWorker.class, "queue").get(writer);
  }

  private static Field field(Class<?> type, String name) throws NoSuchFieldException {
    Field field = type.getDeclaredField(name);
    field.setAccessible(true);
    return field;
  }

  /**
   * Call it again and again while the log is being closed: the writer may have looked just before
   * it was told.
   *
   * @return whether it was woken; not while the log is open, nor while there are tasks for which it
   *     does not wait
   */
  public boolean wakeIfClosed() {
    return !log.isOpened() && tasks.isEmpty() && tasks.offer(new Nothing());
  }

  private static final class Nothing extends Task {
    @Override
    void execute() throws IOException {}

    /** Past all entries: if the log has failed before, Ratis fails this quietly as well. */
    @Override
    long getEndIndex() {
      return Long.MAX_VALUE;
    }
  }
}
