package io.troika.server.raft.state;

import static io.troika.server.core.model.Checks.checkInvariant;

import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.peers.PeerTransport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.ratis.util.FileUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the leader's state here when the log can't: fetches a checkpoint beside the live state,
 * checks it, and keeps it until the thread that applies entries puts it in place. One at a time; an
 * interrupted fetch goes on where it was. Safe for any thread.
 */
public final class CheckpointInstall {
  private static final Logger log = LoggerFactory.getLogger(CheckpointInstall.class);

  /** A fetch without progress is given up after this; Ratis then asks again. */
  private static final Duration PROGRESS_TIMEOUT = Duration.ofSeconds(10);

  private static final long UNKNOWN = Long.MIN_VALUE;

  private final PeerTransport peers;
  private final ReplicatedState state;
  private final Path incoming;
  private final Executor executor;
  private final AtomicReference<LogPosition> ready = new AtomicReference<>(LogPosition.NONE);

  /** Whether somebody fetches into the directory, or removes it. */
  private final AtomicBoolean inUse = new AtomicBoolean();

  private volatile boolean installing;

  /** The last index of this node's log at the first look after the last fetch, or the start. */
  private volatile long logEnd = UNKNOWN;

  /**
   * @param incoming where checkpoints arrive; on the file system of the state
   * @param executor runs the check of what arrived, which reads all of it
   */
  public CheckpointInstall(
      PeerTransport peers, ReplicatedState state, Path incoming, Executor executor) {
    this.peers = peers;
    this.state = state;
    this.incoming = incoming;
    this.executor = executor;
  }

  /**
   * Fetches the state of {@code leader} and checks it.
   *
   * @param indexMin the checkpoint must reach this far and further than what is applied here
   * @return its position; a failure when it can't be had now or would not help, never silence
   */
  public CompletableFuture<LogPosition> fetch(String leader, long indexMin) {
    return fetch(leader, indexMin, 1);
  }

  /** The same, where a checkpoint that only equals what is applied here will do. */
  public CompletableFuture<LogPosition> fetchAnew(String leader, long indexMin) {
    return fetch(leader, indexMin, 0);
  }

  private CompletableFuture<LogPosition> fetch(String leader, long indexMin, long further) {
    if (!inUse.compareAndSet(false, true)) {
      return CompletableFuture.failedFuture(
          new IOException(incoming + " is in use: an earlier fetch, or what it left is removed"));
    }
    logEnd = UNKNOWN;
    log.info("fetching a checkpoint from {} that reaches index {}", leader, indexMin);
    long startNanos = System.nanoTime();
    return CompletableFuture.completedFuture(leader)
        .thenCompose(from -> peers.fetchCheckpoint(from, incoming, PROGRESS_TIMEOUT))
        .thenApplyAsync(position -> check(position, indexMin, further), executor)
        .whenComplete(
            (position, failure) -> {
              inUse.set(false);
              long millis = (System.nanoTime() - startNanos) / 1_000_000;
              if (failure == null) {
                log.info("checkpoint {} of {} is here after {} ms", position, leader, millis);
              } else {
                log.warn("no checkpoint of {} after {} ms", leader, millis, failure);
              }
            });
  }

  private LogPosition check(LogPosition announced, long indexMin, long further) {
    LogPosition found;
    try {
      found = state.verifyCheckpoint(incoming);
    } catch (IOException e) {
      throw new CompletionException("the checkpoint in " + incoming + " is damaged", e);
    }
    checkInvariant(found.equals(announced), "checkpoint %s was announced as %s", found, announced);
    LogPosition applied = state.applied();
    if (found.index() < indexMin || found.index() < applied.index() + further) {
      throw new CompletionException(
          new IOException(
              "checkpoint %s does not reach index %d, or not beyond %s, which is applied here"
                  .formatted(found, indexMin, applied)));
    }
    ready.set(found);
    return found;
  }

  /** Replaces the state by the checkpoint that was fetched. On the thread that applies entries. */
  public LogPosition into(ReplicatedState target) throws IOException {
    installing = true;
    try {
      LogPosition position = ready.getAndSet(LogPosition.NONE);
      checkInvariant(!position.equals(LogPosition.NONE), "no checkpoint was fetched");
      target.install(incoming);
      return checked(target, position);
    } finally {
      installing = false;
    }
  }

  private static LogPosition checked(ReplicatedState target, LogPosition position) {
    checkInvariant(
        target.applied().equals(position) && target.flushed().equals(position),
        "installed checkpoint %s, the state shows %s and has %s on disk",
        position,
        target.applied(),
        target.flushed());
    return position;
  }

  /**
   * Removes what a fetch has left that did not get to its end, a state's worth of disk perhaps, if
   * it is known not to be needed: the log has grown since, so it helps after all. To be called now
   * and then, on a thread that may wait for the disk, while the division runs.
   *
   * @param lastIndex of this node's log
   */
  public void tidy(long lastIndex) {
    if (Files.notExists(incoming) || !inUse.compareAndSet(false, true)) {
      return;
    }
    try {
      // Not the other way round: what waits to be put in place is taken while that is going on.
      if (!LogPosition.NONE.equals(ready.get()) || installing) {
        return;
      }
      if (logEnd == UNKNOWN) {
        logEnd = lastIndex;
      } else if (state.applied().index() > logEnd) {
        log.info("{} is removed: the log has helped where a fetch had not", incoming);
        FileUtils.deleteFully(incoming);
      }
    } catch (IOException e) {
      log.warn("{} could not be removed", incoming, e);
    } finally {
      inUse.set(false);
    }
  }

  /** Whether this checkpoint, and no later one, waits to be put in place. */
  boolean isReady(LogPosition position) {
    return position.equals(ready.get());
  }
}
