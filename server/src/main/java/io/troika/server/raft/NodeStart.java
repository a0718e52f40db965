package io.troika.server.raft;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.troika.server.config.NodeConfig;
import io.troika.server.config.NodeConfig.MemberConfig;
import io.troika.server.core.model.LogPosition;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
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

/**
 * The start of a {@link RaftNode}: once. The server is known to the guards only after it is built.
 */
final class NodeStart {
  private static final String GROUP = "g0";

  private final NodeConfig config;
  private final ReplicatedState state;
  private final PeerTransport peers;
  private final DataDirectory directory;
  private final RaftThreads threads;
  private final List<ServerInterceptor> outermost;
  private final UUID groupUuid = UUID.nameUUIDFromBytes(("troika group " + GROUP).getBytes(UTF_8));
  private final CompletableFuture<Throwable> broken = new CompletableFuture<>();
  private final RaftGroupId groupId = RaftGroupId.valueOf(groupUuid);
  private final RaftGroup raftGroup;
  private volatile @Nullable RaftServer server;

  NodeStart(
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
    raftGroup = RaftGroup.valueOf(groupId, config.members().stream().map(NodeStart::peer).toList());
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
