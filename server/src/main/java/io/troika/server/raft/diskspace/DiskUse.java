package io.troika.server.raft.diskspace;

import io.troika.server.raft.state.ReplicatedState;
import io.troika.server.raft.threads.RaftThreads;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How much a group takes on this node's disk, looked at now and then, because whoever asks for this
 * node's state asks often and must not wait for the disk. Safe for any thread.
 */
public final class DiskUse {
  private static final Duration PERIOD = Duration.ofSeconds(5);
  private static final Logger log = LoggerFactory.getLogger(DiskUse.class);

  private final ReplicatedState state;
  private final Path logDirectory;
  private final RaftThreads threads;
  private volatile long bytes = -1;
  private volatile boolean stopped;

  public DiskUse(ReplicatedState state, Path logDirectory, RaftThreads threads) {
    this.state = state;
    this.logDirectory = logDirectory;
    this.threads = threads;
  }

  /** State and log together; -1 until it is known. */
  public long bytes() {
    return bytes;
  }

  public void start() {
    threads.worker().execute(this::look);
  }

  public void stop() {
    stopped = true;
  }

  private void look() {
    if (stopped) {
      return;
    }
    var unused = threads.timer().schedule(this::start, PERIOD);
    try {
      bytes = state.diskBytes() + logBytes();
    } catch (IOException | UncheckedIOException e) {
      bytes = -1; // unknown: better than the number of a while ago
      log.warn("the size of {} can't be told", logDirectory, e);
    }
  }

  private long logBytes() throws IOException {
    try (Stream<Path> files = Files.walk(logDirectory)) {
      return files.mapToLong(DiskUse::size).sum();
    }
  }

  private static long size(Path file) {
    try {
      return Files.isRegularFile(file) ? Files.size(file) : 0;
    } catch (NoSuchFileException e) {
      return 0; // purged meanwhile
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
