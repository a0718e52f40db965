package io.troika.server.raft;

import static io.troika.server.core.model.Checks.requireArgument;

import io.troika.server.config.NodeConfig;
import io.troika.server.config.NodeConfig.MemberConfig;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.raft.GroupStart.Origin;
import io.troika.server.raft.diskspace.DiskHandOver;
import io.troika.server.raft.diskspace.DiskRoom;
import io.troika.server.raft.division.GroupPeers;
import io.troika.server.raft.division.LogSyncs;
import io.troika.server.raft.files.DataDirectory;
import io.troika.server.raft.leadership.LeaderSpread;
import io.troika.server.raft.peers.PeerEndpoint;
import io.troika.server.raft.peers.PeerEndpoints;
import io.troika.server.raft.peers.PeerTransport;
import io.troika.server.raft.replication.RaftConnection;
import io.troika.server.raft.replication.ReturnWatch;
import io.troika.server.raft.replication.SilenceWatch;
import io.troika.server.raft.state.ReplicatedState;
import io.troika.server.raft.state.TroikaStateMachine;
import io.troika.server.raft.threads.RaftThreads;
import io.troika.server.raft.threads.TaskTimer;
import io.troika.server.service.ports.ClusterControl;
import io.troika.server.service.ports.MembershipControl;
import io.troika.server.service.ports.ReplicatedLog;
import io.troika.server.service.refusals.LaggingException;
import io.troika.server.tls.NodeTls;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.statemachine.StateMachine;
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
  private static final Duration INTRODUCTION_MAX = Duration.ofSeconds(2);
  private static final Duration HAND_OVER = Duration.ofSeconds(3);

  private final NodeConfig config;
  private final DataDirectory directory;
  private final RaftThreads threads;
  private final PeerTransport peers;
  private final RaftServer server;
  private final GroupStart main;
  private final Map<RaftGroupId, StateMachine> stateMachines;
  private final ReturnWatch returnWatch;
  private final MembersOfAllGroups members;
  private final LeaderSpread leaderSpread;
  private final DiskRoom room;
  private final CompletableFuture<Throwable> broken;
  private final Map<String, GroupPart> groups = new ConcurrentSkipListMap<>();
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * @param main this node's part in the group that the cluster began with; it is started
   * @param stateMachines where Ratis looks for the state machine of a group that is added
   */
  RaftNode(
      NodeConfig config,
      DataDirectory directory,
      RaftThreads threads,
      PeerTransport peers,
      RaftServer server,
      GroupStart main,
      Map<RaftGroupId, StateMachine> stateMachines,
      DiskRoom room,
      CompletableFuture<Throwable> broken) {
    this.config = config;
    this.directory = directory;
    this.threads = threads;
    this.peers = peers;
    this.server = server;
    this.main = main;
    this.stateMachines = stateMachines;
    this.room = room;
    this.broken = broken;
    returnWatch = new ReturnWatch(peers, threads.timer(), this::connectAnew);
    members =
        new MembersOfAllGroups(
            config.nodeId(),
            main.node(),
            () ->
                groups.values().stream()
                    .map(GroupPart::node)
                    .filter(group -> group != main.node())
                    .toList(),
            node -> peers.introduction(node, INTRODUCTION_MAX),
            threads.timer());
    leaderSpread =
        new LeaderSpread(
            config.nodeId(),
            this::leaders,
            main.node()::knownMembership,
            name -> group(name).cluster(),
            threads.timer());
    add(main, peers, Optional.empty());
  }

  private Map<String, String> leaders() {
    Map<String, String> leaders = new TreeMap<>();
    groups.forEach((name, group) -> leaders.put(name, group.node().leadership().leader()));
    return leaders;
  }

  private GroupPart add(
      GroupStart start, PeerTransport itsPeers, Optional<FollowedMembers> follower) {
    RaftGroupNode group = start.node();
    group.endpoint().tellOf(room);
    TaskTimer timer = threads.timer();
    GroupPart part =
        new GroupPart(
            start,
            new SilenceWatch(
                group.stateMachine().appenders(), itsPeers, timer, this::renewConnection),
            new DiskHandOver(room, () -> group.leadership().self(), group.cluster(), timer),
            follower);
    groups.put(group.name(), part);
    return part;
  }

  /** Begins to look after peers and the disk. */
  void watch() {
    returnWatch.start(List.of());
    main.node().membershipWatch().follow(returnWatch::follow);
    groups.values().forEach(GroupPart::watch);
    leaderSpread.start();
    room.start(threads, () -> groups.values().forEach(part -> part.diskHandOver().look()));
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
  public synchronized RaftGroup open(GroupInfo group, ReplicatedState state) throws IOException {
    GroupPart known = groups.get(group.name());
    if (known != null) {
      return known.node();
    }
    if (closed.get()) {
      throw new IOException("this node is being closed");
    }
    boolean one = group.beganWith(config.nodeId());
    // While this node is on its way into g0 it is not written yet what it may have forgotten.
    boolean surelyNew =
        one
            && directory.isMember(main.node().name(), main.uuid())
            && group.createdIndex() > directory.arrivalIndex();
    List<MemberConfig> first = group.members().stream().map(GroupPeers::fromInfo).toList();
    PeerTransport itsPeers = peers.inGroup(group.name());
    GroupStart start =
        new GroupStart(
            config,
            new Origin(group.name(), group.uuid(), first, askable(first), !surelyNew, surelyNew),
            state,
            itsPeers,
            directory,
            threads,
            broken);
    stateMachines.put(RaftGroupId.valueOf(group.uuid()), start.node().stateMachine());
    FollowedMembers follower =
        new FollowedMembers(
            main.node()::knownMembership,
            () -> main.node().whenRemoved().isDone(),
            start.node(),
            threads.timer());
    GroupPart part = add(start, itsPeers, Optional.of(follower));
    start.addTo(server);
    part.watch();
    return part.node();
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
    requireArgument(!group.equals(main.node().name()), "group %s is never dropped", group);
    GroupPart part;
    synchronized (this) {
      if (closed.get()) {
        throw new IOException("this node is being closed");
      }
      part = groups.get(group);
      if (part != null || directory.has(group)) {
        directory.recordDropped(group);
      }
      groups.remove(group);
    }
    if (part != null) {
      part.stopWatching();
      boundedly("raft-drop", () -> part.start().removeFrom(server));
      stateMachines.remove(part.start().groupId());
    }
    directory.discardDropped(group);
  }

  /** Those who began a group, and those who belong to the cluster now. */
  private List<MemberConfig> askable(List<MemberConfig> first) {
    Map<String, MemberConfig> all = new TreeMap<>();
    first.forEach(member -> all.put(member.nodeId(), member));
    main.node()
        .membershipWatch()
        .current()
        .members()
        .forEach(member -> all.put(member.nodeId(), member));
    return List.copyOf(all.values());
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
    return main.node();
  }

  /**
   * This node's part in a group.
   *
   * @throws LaggingException if it has none, or not yet
   */
  public RaftGroup group(String name) {
    GroupPart group = groups.get(name);
    if (group == null) {
      throw new LaggingException("this node has no part in group '%s' yet".formatted(name));
    }
    return group.node();
  }

  /** What operators may do to each group in which this node has a part; {@code g0} first. */
  public Map<String, ClusterControl> clusters() {
    Map<String, ClusterControl> clusters = new LinkedHashMap<>();
    clusters.put(main.node().name(), main.node().cluster());
    groups.forEach((name, group) -> clusters.putIfAbsent(name, group.node().cluster()));
    return clusters;
  }

  /** What operators may do to group {@code g0}. */
  public ClusterControl cluster() {
    return main.node().cluster();
  }

  /** Whether this node's disk has room. */
  public DiskRoom room() {
    return room;
  }

  /** What fsync of the log takes. */
  public LogSyncs logSyncs() {
    return LogSyncs.of(main.node().memberId());
  }

  /** Who belongs to the cluster, in all groups. */
  public MembershipControl membership() {
    return members;
  }

  /** What this node answers its peers about group {@code g0}. */
  PeerEndpoint endpoint() {
    return main.node().endpoint();
  }

  /** What this node answers its peers. */
  public PeerEndpoints endpoints() {
    return name -> {
      GroupPart group = groups.get(name);
      if (group == null) {
        throw new IllegalStateException("this node has no part in Raft group " + name);
      }
      return group.node().endpoint();
    };
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
    main.node().broken(cause);
  }

  /** Completes when this node was removed from {@code g0}; never fails. */
  public CompletableFuture<Void> whenRemoved() {
    return main.node().whenRemoved();
  }

  /**
   * Hands over every group that this node leads, if there is somebody, at once; waits 3 s at most.
   */
  public void handOver() {
    List<CompletableFuture<?>> asked =
        groups.values().stream()
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
      if (!broken.isDone()) {
        handOver();
      }
      stop();
    }
  }

  TroikaStateMachine stateMachine() {
    return main.node().stateMachine();
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
    returnWatch.stop();
    leaderSpread.stop();
    room.stop();
    synchronized (this) { // none is opened any more
      groups.values().forEach(GroupPart::stopWatching);
      groups.values().forEach(part -> part.start().stopArrival());
    }
    groups.values().forEach(group -> group.node().closing());
    closeServer();
    groups.values().forEach(group -> group.node().close());
    threads.close();
    try {
      directory.close();
    } catch (IOException e) {
      logger.warn("the data directory could not be unlocked", e);
    }
  }

  private interface Closing {
    void run() throws IOException;
  }

  private void closeServer() {
    boundedly("raft-close", server::close);
  }

  /**
   * Ratis 3.3 can wait for itself here: the log's {@code close} holds the log's write lock and
   * joins the thread that evicts cached segments, which wants that lock. An interrupt ends that
   * join. What is left undone then is no promise's part: everything acknowledged was flushed
   * before.
   */
  private static void boundedly(String name, Closing closing) {
    Thread closer =
        new Thread(
            () -> {
              try {
                closing.run();
              } catch (IOException e) {
                logger.warn("{}: Raft did not close in good order", name, e);
              }
            },
            name);
    closer.setDaemon(true);
    closer.start();
    try {
      closer.join(CLOSE_MAX.toMillis());
      if (closer.isAlive()) {
        logger.warn("{} has not ended in {}; it is interrupted", name, CLOSE_MAX);
        closer.interrupt();
        closer.join(INTERRUPTED_CLOSE_MAX.toMillis());
      }
    } catch (InterruptedException e) {
      closer.interrupt();
      Thread.currentThread().interrupt();
    }
  }

  /** A leader's appenders shorten the pause by themselves, and should not be interrupted. */
  private void connectAnew(String peer) {
    if (groups.values().stream().noneMatch(group -> group.node().leadership().self())) {
      renewConnection(peer);
    }
  }

  /** One connection serves all groups. */
  private void renewConnection(String peer) {
    main.node()
        .membershipWatch()
        .current()
        .member(peer)
        .map(GroupPeers::toPeer)
        .ifPresent(
            to -> threads.worker().execute(() -> RaftConnection.renew(server, main.groupId(), to)));
  }
}
