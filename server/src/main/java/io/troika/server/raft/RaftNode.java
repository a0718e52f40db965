package io.troika.server.raft;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.troika.server.config.NodeConfig;
import io.troika.server.config.NodeConfig.MemberConfig;
import io.troika.server.core.model.LogPosition;
import io.troika.server.service.ClusterControl;
import io.troika.server.service.ReplicatedLog;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.proto.RaftProtos.RaftGroupIdProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.GroupManagementRequest;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.storage.RaftStorage.StartupOption;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.apache.ratis.util.ProtoUtils;
import org.jspecify.annotations.Nullable;
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

  private static final String GROUP = "g0";
  private static final Duration HAND_OVER = Duration.ofSeconds(3);

  private final DataDirectory directory;
  private final RaftThreads threads;
  private final RaftServer server;
  private final RaftGroupNode group;
  private final ReturnWatch returnWatch;
  private final Runnable stopArrival;
  private final CompletableFuture<Throwable> broken;
  private final AtomicBoolean closed = new AtomicBoolean();

  private RaftNode(
      DataDirectory directory,
      RaftThreads threads,
      RaftServer server,
      RaftGroupNode group,
      ReturnWatch returnWatch,
      Runnable stopArrival,
      CompletableFuture<Throwable> broken) {
    this.directory = directory;
    this.threads = threads;
    this.server = server;
    this.group = group;
    this.returnWatch = returnWatch;
    this.stopArrival = stopArrival;
    this.broken = broken;
  }

  /**
   * Starts this node's member of group {@code g0} over {@code state}. It takes part in elections
   * and applies entries when this returns; leadership is not known yet.
   *
   * @param peers questions to the other nodes; not closed by this node
   * @throws IOException if the directory is locked by another process, belongs to another node,
   *     lost its Raft log, or holds a damaged log; the message names the file and says what to do
   */
  public static RaftNode start(NodeConfig config, ReplicatedState state, PeerTransport peers)
      throws IOException {
    return start(config, state, peers, List.of());
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
      List<ServerInterceptor> outermost)
      throws IOException {
    DataDirectory directory = DataDirectory.open(config.dataDirectory(), config.nodeId());
    RaftThreads threads = new RaftThreads(config.nodeId());
    try {
      return new Start(config, state, peers, directory, threads, outermost).run();
    } catch (IOException | RuntimeException e) {
      threads.close();
      directory.close();
      throw e;
    }
  }

  /** What it takes to start; the server is known to the guards only after it is built. */
  private static final class Start {
    private final NodeConfig config;
    private final ReplicatedState state;
    private final PeerTransport peers;
    private final DataDirectory directory;
    private final RaftThreads threads;
    private final List<ServerInterceptor> outermost;
    private final UUID groupUuid =
        UUID.nameUUIDFromBytes(("troika group " + GROUP).getBytes(UTF_8));
    private final CompletableFuture<Throwable> broken = new CompletableFuture<>();
    private final RaftGroupId groupId = RaftGroupId.valueOf(groupUuid);
    private final RaftGroup raftGroup;
    private volatile @Nullable RaftServer server;

    Start(
        NodeConfig config,
        ReplicatedState state,
        PeerTransport peers,
        DataDirectory directory,
        RaftThreads threads,
        List<ServerInterceptor> outermost) {
      this.config = config;
      this.state = state;
      this.peers = peers;
      this.directory = directory;
      this.threads = threads;
      this.outermost = outermost;
      raftGroup = RaftGroup.valueOf(groupId, config.members().stream().map(Start::peer).toList());
    }

    RaftNode run() throws IOException {
      directory.requireLogOf(GROUP, groupUuid);
      SegmentCheck check = new SegmentCheck(RatisSettings.ratisEntryBytesMax(config.raft()));
      Path groupDirectory = directory.raft().resolve(groupUuid.toString());
      check.repairTail(groupDirectory);
      RaftGroupNode group =
          new RaftGroupNode(
              config,
              state,
              peers,
              threads,
              groupDirectory,
              directory.incoming(GROUP),
              () -> directory.recordMember(GROUP, groupUuid),
              broken);
      List<String> others =
          config.members().stream()
              .map(MemberConfig::nodeId)
              .filter(member -> !member.equals(config.nodeId()))
              .toList();
      boolean arrives = !others.isEmpty() && directory.isFresh(GROUP, groupUuid);
      if (arrives) {
        directory.discard(groupUuid); // left by one that did not get there
      }
      RaftServer built = build(group, arrives ? null : raftGroup);
      server = built;
      try {
        if (!arrives) {
          group.attach(built.getDivision(groupId));
        }
        built.start();
      } catch (IOException | RuntimeException e) {
        group.closing();
        built.close();
        check.reportDamage(groupDirectory);
        throw e;
      }
      Arrival arrival =
          new Arrival(
              config.nodeId(),
              others,
              peers,
              threads.timer(),
              threads.worker(),
              new GroupEntrance(built, group),
              config.raft().electionTimeoutMax().multipliedBy(2));
      if (arrives) {
        arrival.start();
      } else {
        group.started(peers);
      }
      ReturnWatch returnWatch =
          new ReturnWatch(peers, threads.timer(), peer -> connectAnew(built, group, peer));
      returnWatch.start(others);
      return new RaftNode(directory, threads, built, group, returnWatch, arrival::stop, broken);
    }

    /** Makes this node's part of the group once it may take part. */
    private final class GroupEntrance implements Arrival.Entrance {
      private final RaftServer server;
      private final RaftGroupNode group;

      GroupEntrance(RaftServer server, RaftGroupNode group) {
        this.server = server;
        this.group = group;
      }

      @Override
      public boolean isEmpty() {
        return state.applied().index() < 0;
      }

      @Override
      public void begin() throws IOException {
        var unused =
            server.groupManagement(
                GroupManagementRequest.newAdd(
                    ClientId.randomId(), server.getId(), 1, raftGroup, false));
        group.attach(server.getDivision(groupId));
        group.started(peers);
      }

      @Override
      public CompletableFuture<LogPosition> fetch(String leader, long indexMin) {
        return group.fetchState(leader, indexMin);
      }

      /**
       * The identity is written when the group's part starts: until then all this can be redone.
       */
      @Override
      public void enter(String leader, long term) throws IOException {
        group.installState();
        directory.format(groupUuid, term, leader);
        begin();
      }

      @Override
      public void broken(Throwable cause) {
        group.broken(cause);
      }
    }

    /** A leader's appenders shorten the pause by themselves, and should not be interrupted. */
    private void connectAnew(RaftServer server, RaftGroupNode group, String peer) {
      if (!group.leadership().self()) {
        threads
            .worker()
            .execute(
                () ->
                    server
                        .getServerRpc()
                        .handleException(
                            RaftPeerId.valueOf(peer), new ConnectException("was down"), true));
      }
    }

    private RaftServer build(RaftGroupNode group, @Nullable RaftGroup present) throws IOException {
      Parameters parameters = new Parameters();
      GrpcConfigKeys.Server.setServicesCustomizer(
          parameters,
          (builder, types) -> {
            // gRPC calls the interceptor that was added last first.
            builder.intercept(
                new InstallGuard(of -> isPresent(of) ? logOf(of).getSnapshotIndex() : -1));
            builder.intercept(new FlushGuard(of -> logOf(of).getFlushIndex(), threads.timer()));
            builder.intercept(new PeersOnlyGuard());
            outermost.forEach(builder::intercept);
            return builder;
          });
      return RaftServer.newBuilder()
          .setServerId(RaftPeerId.valueOf(config.nodeId()))
          .setGroup(present)
          .setOption(StartupOption.RECOVER)
          .setProperties(RatisSettings.of(config, directory.raft(), directory.removedGroups()))
          .setParameters(parameters)
          .setStateMachineRegistry(id -> group.stateMachine())
          .build();
    }

    private static RaftPeer peer(MemberConfig member) {
      return RaftPeer.newBuilder()
          .setId(member.nodeId())
          .setAddress(member.raft().toString())
          .build();
    }

    private boolean isPresent(RaftGroupIdProto id) {
      RaftServer current = server;
      if (current == null) {
        return false;
      }
      for (RaftGroupId present : current.getGroupIds()) {
        if (present.equals(ProtoUtils.toRaftGroupId(id))) {
          return true;
        }
      }
      return false;
    }

    private RaftLog logOf(RaftGroupIdProto id) {
      RaftServer current = server;
      if (current == null) {
        throw new IllegalStateException("the Raft server is not built yet");
      }
      try {
        return current.getDivision(ProtoUtils.toRaftGroupId(id)).getRaftLog();
      } catch (IOException e) {
        throw new IllegalStateException("this node has no such Raft group", e);
      }
    }
  }

  /** The log of group {@code g0}. */
  public ReplicatedLog log() {
    return group;
  }

  /** What operators may do to group {@code g0}. */
  public ClusterControl cluster() {
    return group.control();
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
    stopArrival.run();
    returnWatch.stop();
    group.closing();
    try {
      server.close();
    } catch (IOException e) {
      logger.warn("the Raft server did not close in good order", e);
    }
    group.close();
    threads.close();
    try {
      directory.close();
    } catch (IOException e) {
      logger.warn("the data directory could not be unlocked", e);
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
