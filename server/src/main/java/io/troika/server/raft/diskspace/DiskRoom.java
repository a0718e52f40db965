package io.troika.server.raft.diskspace;

import io.troika.server.raft.threads.RaftThreads;
import io.troika.server.service.ports.WriteGate;
import io.troika.server.service.refusals.DiskFullException;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether there is room on this node's disk, looked at twice a second. A node whose write fails is
 * broken and ends; so what can wait is refused before, while flushes, compactions and the log of
 * what is agreed already still have room: new transactions below the reserve, entries of a leader
 * below half of it. There is room again with a quarter more than the reserve. Safe for any thread.
 */
public final class DiskRoom implements WriteGate {
  private static final Duration PERIOD = Duration.ofMillis(500);
  private static final Logger log = LoggerFactory.getLogger(DiskRoom.class);

  private final String nodeId;
  private final Path directory;
  private final long reserveBytes;
  private volatile long usableBytes = Long.MAX_VALUE;
  private volatile boolean full;
  private volatile boolean stopped;

  public DiskRoom(String nodeId, Path directory, long reserveBytes) {
    this.nodeId = nodeId;
    this.directory = directory;
    this.reserveBytes = reserveBytes;
  }

  /** Looks now, and from now on until {@link #stop}; after each look {@code then} runs. */
  public void start(RaftThreads threads, Runnable then) {
    if (stopped) {
      return;
    }
    try {
      look();
      then.run();
    } catch (RuntimeException e) {
      log.error("a look at the disk of node {} failed", nodeId, e); // not the last one
    }
    var unused =
        threads
            .timer()
            .schedule(() -> threads.worker().execute(() -> start(threads, then)), PERIOD);
  }

  public void stop() {
    stopped = true;
  }

  private void look() {
    try {
      FileStore disk = Files.getFileStore(directory);
      see(disk.getUsableSpace());
    } catch (IOException e) {
      log.warn("the room on the disk of {} can't be told", directory, e);
    }
  }

  void see(long usable) {
    usableBytes = usable;
    boolean before = full;
    full = usable < (before ? reserveBytes + reserveBytes / 4 : reserveBytes);
    if (full && !before) {
      log.warn("{}; reads go on", text());
    } else if (before && !full) {
      log.info("node {} has room again: {} bytes are free", nodeId, usable);
    }
  }

  private String text() {
    return "the disk of node %s has %d bytes free, and %d are kept free (storage.disk-reserve): it takes no transactions"
        .formatted(nodeId, usableBytes, reserveBytes);
  }

  /** Free for this process; unknown, at first, is {@link Long#MAX_VALUE}. */
  public long usableBytes() {
    return usableBytes;
  }

  /** Whether there is too little for new transactions. */
  public boolean isFull() {
    return full;
  }

  /** Whether there is too little for entries of a leader, too. */
  public boolean isExhausted() {
    return usableBytes < reserveBytes / 2;
  }

  @Override
  public void requireOpen() {
    if (full) {
      throw new DiskFullException(text());
    }
  }
}
