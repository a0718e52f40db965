package io.troika.server.raft;

import io.troika.server.config.NodeConfig;
import io.troika.server.service.ClusterControl;
import io.troika.server.service.MembershipControl;
import io.troika.server.service.ReplicatedLog;
import io.troika.server.tls.NodeTls;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node's part in the Raft groups: starts it, and hands out the ports that the rest of the
 * server uses. Safe for any thread.
 *
 * <p>The state and the transport belong to the caller, who closes them after the node.
 */
public final class RaftNode implements AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(RaftNode.class);

  private static final Duration CLOSE_MAX = Duration.ofSeconds(4);
  private static final Duration INTERRUPTED_CLOSE_MAX = Duration.ofSeconds(1);
  private static final Duration HAND_OVER = Duration.ofSeconds(3);

  private final DataDirectory directory;
  private final RaftThreads threads;
  private final RaftServer server;
  private final RaftGroupNode group;
  private final DiskRoom room;
  private final Runnable stopWatches;
  private final CompletableFuture<Throwable> broken;
  private final AtomicBoolean closed = new AtomicBoolean();

  RaftNode(
      DataDirectory directory,
      RaftThreads threads,
      RaftServer server,
      RaftGroupNode group,
      DiskRoom room,
      Runnable stopWatches,
      CompletableFuture<Throwable> broken) {
    this.directory = directory;
    this.threads = threads;
    this.server = server;
    this.group = group;
    this.room = room;
    this.stopWatches = stopWatches;
    this.broken = broken;
  }

  /**
   * Starts this node's member of group {@code g0} over {@code state}. It takes part in elections
   * and applies entries when this returns; leadership is not known yet.
   *
   * @param peers questions to the other nodes; not closed by this node
   * @param tls how the connections between nodes are secured
   * @throws IOException if the directory is locked by another process, belongs to another node,
   *     lost its Raft log, or holds a damaged log; the message names the file and says what to do
   */
  public static RaftNode start(
      NodeConfig config, ReplicatedState state, PeerTransport peers, NodeTls tls)
      throws IOException {
    return start(config, state, peers, tls, List.of());
  }

  /**
   * The same, for tests that disturb what comes in from peers.
   *
   * @param outermost see each call of a peer before our own guards
   */
  static RaftNode start(
      NodeConfig config,
      ReplicatedState state,
      PeerTransport peers,
      NodeTls tls,
      List<ServerInterceptor> outermost)
      throws IOException {
    DataDirectory directory = DataDirectory.open(config.dataDirectory(), config.nodeId());
    RaftThreads threads = new RaftThreads(config.nodeId());
    try {
      return new NodeStart(config, state, peers, directory, threads, tls, outermost).run();
    } catch (IOException | RuntimeException e) {
      threads.close();
      directory.close();
      throw e;
    }
  }

  /** Whether no node has ever been a member of a group with this data directory. */
  public static boolean isNew(Path dataDirectory) {
    return DataDirectory.isNew(dataDirectory);
  }

  /** The log of group {@code g0}. */
  public ReplicatedLog log() {
    return group;
  }

  /** What operators may do to group {@code g0}. */
  public ClusterControl cluster() {
    return group.control();
  }

  /** Whether this node's disk has room. */
  public DiskRoom room() {
    return room;
  }

  /** What fsync of the log takes. */
  public LogSyncs logSyncs() {
    return LogSyncs.of(server.getId().toString());
  }

  /** Who belongs to group {@code g0}. */
  public MembershipControl membership() {
    return group.memberChanges();
  }

  /** What this node answers its peers about group {@code g0}. */
  public PeerEndpoint endpoint() {
    return group;
  }

  /**
   * Completes with the cause when this node is broken (an entry could not be applied, the log could
   * not be written): its group has stopped then, and the process should end. Never fails.
   */
  public CompletableFuture<Throwable> whenBroken() {
    return broken.copy();
  }

  /** Completes when this node was removed from its group; never fails. */
  public CompletableFuture<Void> whenRemoved() {
    return group.whenRemoved();
  }

  /** Whether there is nobody to hand leadership to. */
  public boolean isAlone() {
    return group.isAlone();
  }

  /**
   * Leaves in good order: hands leadership over if this node leads (3 s at most), then stops. The
   * second call does nothing.
   */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      handOver();
      stop();
    }
  }

  TroikaStateMachine stateMachine() {
    return group.stateMachine();
  }

  RaftServer server() {
    return server;
  }

  /** Stops as a crash would, as far as one JVM can show it: without handing over. */
  public void closeAbruptly() {
    if (closed.compareAndSet(false, true)) {
      stop();
    }
  }

  private void stop() {
    stopWatches.run();
    room.stop();
    group.closing();
    closeServer();
    group.close();
    threads.close();
    try {
      directory.close();
    } catch (IOException e) {
      logger.warn("the data directory could not be unlocked", e);
    }
  }

  /**
   * Ratis 3.3 can wait for itself here: the log's {@code close} holds the log's write lock and
   * joins the thread that evicts cached segments, which wants that lock. An interrupt ends that
   * join. What is left undone then is no promise's part: everything acknowledged was flushed
   * before.
   */
  private void closeServer() {
    Thread closer =
        new Thread(
            () -> {
              try {
                server.close();
              } catch (IOException e) {
                logger.warn("the Raft server did not close in good order", e);
              }
            },
            "raft-close");
    closer.setDaemon(true);
    closer.start();
    try {
      closer.join(CLOSE_MAX.toMillis());
      if (closer.isAlive()) {
        logger.warn("the Raft server has not closed in {}; it is interrupted", CLOSE_MAX);
        closer.interrupt();
        closer.join(INTERRUPTED_CLOSE_MAX.toMillis());
      }
    } catch (InterruptedException e) {
      closer.interrupt();
      Thread.currentThread().interrupt();
    }
  }

  private void handOver() {
    if (broken.isDone() || !group.leadership().self() || group.isAlone()) {
      return;
    }
    try {
      var unused =
          group
              .control()
              .transferLeadership("", HAND_OVER)
              .get(HAND_OVER.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      // The others elect one after their time-out, as after a crash.
      logger.warn("leadership was not handed over before the stop", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
