package io.troika.server.raft;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.troika.server.config.NodeConfig;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.raft.GroupStart.Origin;
import io.troika.server.raft.arrival.Arrival.Lost;
import io.troika.server.raft.clock.ClusterClock;
import io.troika.server.raft.diskspace.DiskRoom;
import io.troika.server.raft.files.DataDirectory;
import io.troika.server.raft.guards.FlushGuard;
import io.troika.server.raft.guards.InstallGuard;
import io.troika.server.raft.guards.PeersOnlyGuard;
import io.troika.server.raft.guards.RoomGuard;
import io.troika.server.raft.peers.PeerTransport;
import io.troika.server.raft.state.ReplicatedState;
import io.troika.server.raft.threads.MessageThreads;
import io.troika.server.raft.threads.RaftThreads;
import io.troika.server.tls.NodeTls;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.grpc.GrpcTlsConfig;
import org.apache.ratis.proto.RaftProtos.RaftGroupIdProto;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.storage.RaftStorage.StartupOption;
import org.apache.ratis.statemachine.StateMachine;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.apache.ratis.util.ProtoUtils;
import org.jspecify.annotations.Nullable;

/**
 * The start of a {@link RaftNode}, with its part in the group that the cluster began with: once.
 * The server is known to the guards only after it is built.
 */
final class NodeStart {
  private final NodeConfig config;
  private final ReplicatedState state;
  private final PeerTransport peers;
  private final DataDirectory directory;
  private final RaftThreads threads;
  private final ClusterClock clock;
  private final NodeTls tls;
  private final List<ServerInterceptor> outermost;
  private final CompletableFuture<Throwable> broken = new CompletableFuture<>();
  private final Map<RaftGroupId, StateMachine> stateMachines = new ConcurrentHashMap<>();
  private final DiskRoom room;
  private volatile @Nullable RaftServer server;

  NodeStart(
      NodeConfig config,
      ReplicatedState state,
      PeerTransport peers,
      DataDirectory directory,
      RaftThreads threads,
      InstantSource ownClock,
      NodeTls tls,
      List<ServerInterceptor> outermost) {
    this.config = config;
    this.state = state;
    this.peers = peers;
    this.directory = directory;
    this.threads = threads;
    this.clock = new ClusterClock(ownClock, threads.timer()::nanoTime);
    this.tls = tls;
    this.outermost = outermost;
    room =
        new DiskRoom(config.nodeId(), config.dataDirectory(), config.storage().diskReserveBytes());
  }

  RaftNode run() throws IOException {
    UUID uuid = UUID.nameUUIDFromBytes(("troika group " + GroupInfo.MAIN).getBytes(UTF_8));
    Origin origin =
        new Origin(
            GroupInfo.MAIN, uuid, config.members(), config.members(), config.raft().join(), false);
    GroupStart main =
        new GroupStart(config, origin, state, peers, directory, threads, clock, broken);
    stateMachines.put(RaftGroupId.valueOf(uuid), main.node().stateMachine());
    RaftServer built = build(origin, main.lost());
    server = built;
    try {
      main.built(built);
      built.start();
    } catch (IOException | RuntimeException e) {
      main.node().closing();
      built.close();
      main.reportDamage();
      throw e;
    }
    main.started(built);
    GroupParts groups =
        new GroupParts(
            config, directory, threads, clock, peers, built, main, stateMachines, room, broken);
    RaftNode node =
        new RaftNode(
            config.nodeId(), directory, threads, clock, peers, built, groups, room, broken);
    node.watch();
    return node;
  }

  /**
   * Ratis takes part in every group whose directory it finds when it is built. The directory of one
   * that has lost its vote must not be found before it has one again.
   */
  private RaftServer build(Origin origin, @Nullable Lost lost) throws IOException {
    Path storage = lost == Lost.VOTE ? directory.noRaft() : directory.raft(GroupInfo.MAIN);
    MessageThreads.ofAnswers();
    Parameters parameters = new Parameters();
    tls.managers()
        .ifPresent(
            managers ->
                GrpcConfigKeys.TLS.setConf(
                    parameters, new GrpcTlsConfig(managers.key(), managers.peers(), true)));
    GrpcConfigKeys.Server.setServicesCustomizer(
        parameters,
        (builder, types) -> {
          // gRPC calls the interceptor that was added last first.
          builder.intercept(
              new InstallGuard(of -> isPresent(of) ? logOf(of).getSnapshotIndex() : -1));
          builder.intercept(new RoomGuard(room)); // inside of FlushGuard, which drops late replies
          builder.intercept(new FlushGuard(of -> logOf(of).getFlushIndex(), threads.timer()));
          builder.intercept(new PeersOnlyGuard());
          outermost.forEach(builder::intercept);
          builder.callExecutor(new MessageThreads());
          return builder;
        });
    return RaftServer.newBuilder()
        .setServerId(RaftPeerId.valueOf(config.nodeId()))
        .setGroup(lost == null ? origin.toRatis() : null)
        .setOption(StartupOption.RECOVER)
        .setProperties(RatisSettings.of(config, storage, directory.removedGroups()))
        .setParameters(parameters)
        .setStateMachineRegistry(this::stateMachine)
        .build();
  }

  private StateMachine stateMachine(RaftGroupId id) {
    StateMachine known = stateMachines.get(id);
    if (known == null) {
      throw new IllegalStateException("this node has no part in Raft group " + id);
    }
    return known;
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
