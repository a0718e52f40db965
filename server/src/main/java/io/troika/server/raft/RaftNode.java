package io.troika.server.raft;

import io.troika.server.config.NodeConfig;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.raft.clock.ClockWatch;
import io.troika.server.raft.clock.ClusterClock;
import io.troika.server.raft.diskspace.DiskRoom;
import io.troika.server.raft.division.LogSyncs;
import io.troika.server.raft.files.DataDirectory;
import io.troika.server.raft.leadership.LeaderSpread;
import io.troika.server.raft.peers.PeerEndpoint;
import io.troika.server.raft.peers.PeerEndpoints;
import io.troika.server.raft.peers.PeerTransport;
import io.troika.server.raft.replication.ReturnWatch;
import io.troika.server.raft.state.ReplicatedState;
import io.troika.server.raft.state.TroikaStateMachine;
import io.troika.server.raft.threads.BoundedClose;
import io.troika.server.raft.threads.RaftThreads;
import io.troika.server.service.ports.ClusterControl;
import io.troika.server.service.ports.MembershipControl;
import io.troika.server.service.ports.ReplicatedLog;
import io.troika.server.service.refusals.LaggingException;
import io.troika.server.tls.NodeTls;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.raftlog.segmented.LogWriterWake;
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

  private static final Duration INTRODUCTION_MAX = Duration.ofSeconds(2);
  private static final Duration HAND_OVER = Duration.ofSeconds(3);

  private final DataDirectory directory;
  private final RaftThreads threads;
  private final ClusterClock clock;
  private final ClockWatch clockWatch;
  private final RaftServer server;
  private final GroupParts groups;
  private final RaftGroupNode main;
  private final ReturnWatch returnWatch;
  private final MembersOfAllGroups members;
  private final LeaderSpread leaderSpread;
  private final DiskRoom room;
  private final CompletableFuture<Throwable> broken;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * @param groups with that in the group that the cluster began with, which is started
   */
  RaftNode(
      String nodeId,
      DataDirectory directory,
      RaftThreads threads,
      ClusterClock clock,
      PeerTransport peers,
      RaftServer server,
      GroupParts groups,
      DiskRoom room,
      CompletableFuture<Throwable> broken) {
    this.directory = directory;
    this.threads = threads;
    this.clock = clock;
    this.server = server;
    this.groups = groups;
    this.main = groups.main();
    this.room = room;
    this.broken = broken;
    clockWatch =
        new ClockWatch(
            clock, peers, () -> main.membershipWatch().current().others(nodeId), threads.timer());
    returnWatch = new ReturnWatch(peers, threads.timer(), this::returned);
    members =
        new MembersOfAllGroups(
            nodeId,
            main,
            groups::others,
            node -> peers.introduction(node, INTRODUCTION_MAX),
            threads.timer());
    leaderSpread =
        new LeaderSpread(
            nodeId,
            groups::leaders,
            main::knownMembership,
            name -> group(name).cluster(),
            threads.timer());
  }

  /** Begins to look after peers and the disk. */
  void watch() {
    clockWatch.start();
    returnWatch.start(List.of());
    main.membershipWatch().follow(returnWatch::follow);
    groups.all().forEach(GroupPart::watch);
    leaderSpread.start();
    room.start(threads, () -> groups.all().forEach(part -> part.diskHandOver().look()));
  }

  /**
   * Starts this node's part in another group, beside {@code g0}, over {@code state}. It may take
   * part later only: a node that has lost its directory asks the others first, and one that was not
   * among those who began the group waits to be added to it. The same group again is the one that
   * is there.
   *
   * @param state the caller's, to be closed after this node
   * @throws IOException if its log is lost or damaged, or this node is closed
   */
  public RaftGroup open(GroupInfo group, ReplicatedState state) throws IOException {
    return groups.open(group, state);
  }

  /**
   * Whether it is noted here that a group was dropped: then it is not to be opened, though the
   * state of {@code g0}, which may be older, still has it.
   */
  public boolean isDropped(String group) throws IOException {
    return directory.isDropped(group);
  }

  /**
   * Ends this node's part in a group that was dropped, and deletes its log. Again, it goes on where
   * it was interrupted; nothing happens where nothing is here of the group. A part that does not
   * end in good order is deleted all the same.
   *
   * @throws IOException if it can't be deleted, or this node is closed
   */
  public void drop(String group) throws IOException {
    groups.drop(group);
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
    return start(config, state, peers, tls, InstantSource.system(), List.of());
  }

  /**
   * The same, for tests that disturb what comes in from peers, or the clock.
   *
   * @param ownClock this node's
   * @param outermost see each call of a peer before our own guards
   */
  static RaftNode start(
      NodeConfig config,
      ReplicatedState state,
      PeerTransport peers,
      NodeTls tls,
      InstantSource ownClock,
      List<ServerInterceptor> outermost)
      throws IOException {
    DataDirectory directory = DataDirectory.open(config.dataDirectory(), config.nodeId());
    RaftThreads threads = new RaftThreads(config.nodeId());
    try {
      return new NodeStart(config, state, peers, directory, threads, ownClock, tls, outermost)
          .run();
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
    return main.log();
  }

  /**
   * This node's part in a group.
   *
   * @throws LaggingException if it has none, or not yet
   */
  public RaftGroup group(String name) {
    return groups.group(name);
  }

  /** What operators may do to each group in which this node has a part; {@code g0} first. */
  public Map<String, ClusterControl> clusters() {
    return groups.clusters();
  }

  /** What operators may do to group {@code g0}. */
  public ClusterControl cluster() {
    return main.cluster();
  }

  /** What time it is for the cluster, and how far this node's clock is from that. */
  public ClusterClock clock() {
    return clock;
  }

  /** Whether this node's disk has room. */
  public DiskRoom room() {
    return room;
  }

  /** What fsync of the log takes, in each group in which this node has a part. */
  public Map<String, LogSyncs> logSyncs() {
    Map<String, LogSyncs> syncs = new TreeMap<>();
    groups
        .all()
        .forEach(part -> syncs.put(part.node().name(), LogSyncs.of(part.node().memberId())));
    return syncs;
  }

  /** Who belongs to the cluster, in all groups. */
  public MembershipControl membership() {
    return members;
  }

  /** What this node answers its peers about group {@code g0}. */
  PeerEndpoint endpoint() {
    return main.endpoint();
  }

  /** What this node answers its peers. */
  public PeerEndpoints endpoints() {
    return groups::endpoint;
  }

  /**
   * Completes with the cause when this node is broken (an entry could not be applied, the log could
   * not be written): its group has stopped then, and the process should end. Never fails.
   */
  public CompletableFuture<Throwable> whenBroken() {
    return broken.copy();
  }

  /** Something without which this node can't go on has failed. */
  public void broken(Throwable cause) {
    main.broken(cause);
  }

  /** Completes when this node was removed from {@code g0}; never fails. */
  public CompletableFuture<Void> whenRemoved() {
    return main.whenRemoved();
  }

  /**
   * Hands over every group that this node leads, if there is somebody, at once; waits 3 s at most.
   */
  public void handOver() {
    List<CompletableFuture<?>> asked =
        groups.all().stream()
            .map(GroupPart::node)
            .filter(group -> group.leadership().self() && !group.isAlone())
            .<CompletableFuture<?>>map(group -> group.cluster().transferLeadership("", HAND_OVER))
            .toList();
    try {
      var unused =
          CompletableFuture.allOf(asked.toArray(CompletableFuture<?>[]::new))
              .get(HAND_OVER.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      // The others elect one after their time-out, as after a crash.
      logger.warn("leadership was not handed over before the stop", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Leaves in good order: hands leadership over where this node leads (3 s at most), then stops.
   * The second call does nothing.
   */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      groups.changeNoMore();
      if (!broken.isDone()) {
        handOver();
      }
      stop();
    }
  }

  TroikaStateMachine stateMachine() {
    return main.stateMachine();
  }

  RaftServer server() {
    return server;
  }

  /** Stops as a crash would, as far as one JVM can show it: without handing over. */
  public void closeAbruptly() {
    if (closed.compareAndSet(false, true)) {
      groups.changeNoMore();
      stop();
    }
  }

  private void stop() {
    clockWatch.stop();
    returnWatch.stop();
    leaderSpread.stop();
    room.stop();
    groups.stopWatching();
    groups.all().forEach(group -> group.node().closing());
    List<LogWriterWake> writers =
        groups.all().stream().flatMap(group -> group.node().logWriter().stream()).toList();
    BoundedClose.run(
        "raft-close", server::close, () -> writers.forEach(LogWriterWake::wakeIfClosed));
    groups.all().forEach(group -> group.node().close());
    threads.close();
    try {
      directory.close();
    } catch (IOException e) {
      logger.warn("the data directory could not be unlocked", e);
    }
  }

  private void returned(String peer) {
    groups.levels().returned(peer);
    connectAnew(peer);
  }

  /** A leader's appenders shorten the pause by themselves, and should not be interrupted. */
  private void connectAnew(String peer) {
    if (groups.all().stream().noneMatch(group -> group.node().leadership().self())) {
      groups.renewConnection(peer);
    }
  }
}
