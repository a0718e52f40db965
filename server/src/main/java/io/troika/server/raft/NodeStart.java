package io.troika.server.raft;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.troika.server.config.NodeConfig;
import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.Arrival.Lost;
import io.troika.server.tls.NodeTls;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.grpc.GrpcTlsConfig;
import org.apache.ratis.proto.RaftProtos.RaftGroupIdProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.GroupManagementRequest;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.storage.RaftStorage.StartupOption;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.apache.ratis.util.ProtoUtils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The start of a {@link RaftNode}: once. The server is known to the guards only after it is built.
 */
final class NodeStart {
  private static final Logger logger = LoggerFactory.getLogger(NodeStart.class);
  private static final String GROUP = "g0";

  private final NodeConfig config;
  private final ReplicatedState state;
  private final PeerTransport peers;
  private final DataDirectory directory;
  private final RaftThreads threads;
  private final NodeTls tls;
  private final List<ServerInterceptor> outermost;
  private final UUID groupUuid = UUID.nameUUIDFromBytes(("troika group " + GROUP).getBytes(UTF_8));
  private final CompletableFuture<Throwable> broken = new CompletableFuture<>();
  private final RaftGroupId groupId = RaftGroupId.valueOf(groupUuid);
  private final RaftGroup raftGroup;
  private final Path groupDirectory;
  private final DiskRoom room;
  private final SegmentCheck check;
  private volatile @Nullable RaftServer server;

  NodeStart(
      NodeConfig config,
      ReplicatedState state,
      PeerTransport peers,
      DataDirectory directory,
      RaftThreads threads,
      NodeTls tls,
      List<ServerInterceptor> outermost) {
    this.config = config;
    this.state = state;
    this.peers = peers;
    this.directory = directory;
    this.threads = threads;
    this.tls = tls;
    this.outermost = outermost;
    // One who joins takes no part before a leader has told it of a configuration.
    raftGroup =
        config.raft().join()
            ? RaftGroup.valueOf(groupId)
            : RaftGroup.valueOf(groupId, GroupPeers.toPeers(config.members()));
    groupDirectory = directory.raft().resolve(groupUuid.toString());
    room =
        new DiskRoom(config.nodeId(), config.dataDirectory(), config.storage().diskReserveBytes());
    check = new SegmentCheck(RatisSettings.ratisEntryBytesMax(config.raft()));
  }

  RaftNode run() throws IOException {
    directory.requireLogOf(GROUP, groupUuid);
    check.repairTail(groupDirectory);
    RaftGroupNode group =
        new RaftGroupNode(
            config,
            state,
            peers,
            threads,
            groupDirectory,
            directory.incoming(GROUP),
            new Storage(),
            broken);
    group.tellOf(room);
    Membership stored = StoredConfiguration.read(groupDirectory, config.membersById());
    group.membership().meet(stored);
    List<String> others =
        (stored.isKnown() ? stored : new Membership(-1, false, config.members()))
            .others(config.nodeId());
    Lost lost = findLoss(group, others.isEmpty());
    RaftServer built = build(group, lost);
    server = built;
    try {
      if (lost == null) {
        group.attach(built.getDivision(groupId));
      }
      built.start();
    } catch (IOException | RuntimeException e) {
      group.closing();
      built.close();
      check.reportDamage(groupDirectory);
      throw e;
    }
    Runnable stopArrival;
    if (lost == null) {
      group.started(peers);
      stopArrival = () -> {};
    } else {
      Arrival arrival =
          new Arrival(
              config.nodeId(),
              lost,
              config.raft().join(),
              others,
              peers,
              threads.timer(),
              threads.worker(),
              lost == Lost.VOTE ? new VoterEntrance(built, group) : new GroupEntrance(built, group),
              config.raft().electionTimeoutMax().multipliedBy(2));
      arrival.start();
      stopArrival = arrival::stop;
    }
    ReturnWatch returnWatch =
        new ReturnWatch(peers, threads.timer(), peer -> connectAnew(built, group, peer));
    returnWatch.start(List.of());
    group.membership().follow(returnWatch::follow);
    SilenceWatch silenceWatch =
        new SilenceWatch(
            group.stateMachine().appenders(),
            peers,
            threads.timer(),
            follower -> renewConnection(built, group, follower));
    silenceWatch.start();
    room.start(
        threads,
        new DiskHandOver(room, () -> group.leadership().self(), group.control(), threads.timer())
            ::look);
    Runnable stopWatches =
        () -> {
          stopArrival.run();
          returnWatch.stop();
          silenceWatch.stop();
        };
    return new RaftNode(directory, threads, built, group, room, stopWatches, broken);
  }

  /** What is noted of this node's membership outside of Ratis's directory. */
  private final class Storage implements RaftGroupNode.Storage {
    @Override
    public void ready() throws IOException {
      directory.recordMember(GROUP, groupUuid);
    }

    @Override
    public void removed() throws IOException {
      directory.recordRemoved(GROUP, groupUuid);
    }
  }

  /** What this node has to ask the others for before it may take part; null if nothing. */
  private @Nullable Lost findLoss(RaftGroupNode group, boolean alone) throws IOException {
    if (!alone && directory.isFresh(GROUP, groupUuid)) {
      directory.discard(groupUuid); // left by one that did not get there
      return Lost.DIRECTORY;
    }
    if (!VoteRecord.isLost(groupDirectory)) {
      return null;
    }
    check.reportDamage(groupDirectory); // the others will rely on the log being whole
    LogPosition inLog = check.lastEntry(groupDirectory);
    LogPosition kept = inLog.compareTo(state.applied()) > 0 ? inLog : state.applied();
    if (alone) {
      logger.warn(
          "node {} has lost the record of its vote in {}; it is alone and goes on from {}",
          config.nodeId(),
          groupDirectory,
          kept);
      VoteRecord.write(groupDirectory, kept.term(), config.nodeId());
      return null;
    }
    group.keeps(kept);
    return Lost.VOTE;
  }

  /** Makes this node's part of the group once it may take part. */
  private class GroupEntrance implements Arrival.Entrance {
    final RaftServer server;
    private final RaftGroupNode group;

    GroupEntrance(RaftServer server, RaftGroupNode group) {
      this.server = server;
      this.group = group;
    }

    @Override
    public LogPosition lastEntry() {
      return group.state().lastEntry();
    }

    @Override
    public void begin() throws IOException {
      begin(raftGroup);
    }

    @Override
    public void join() throws IOException {
      begin(RaftGroup.valueOf(groupId));
    }

    @Override
    public void meet(Membership membership) {
      group.membership().meet(membership);
    }

    private void begin(RaftGroup initial) throws IOException {
      var unused =
          server.groupManagement(
              GroupManagementRequest.newAdd(
                  ClientId.randomId(), server.getId(), 1, initial, false));
      group.attach(server.getDivision(groupId));
      group.started(peers);
    }

    @Override
    public CompletableFuture<LogPosition> fetch(String leader, long indexMin) {
      return group.fetchState(leader, indexMin);
    }

    /** The identity is written when the group's part starts: until then all this can be redone. */
    @Override
    public void enter(String votedFor, long term, Membership membership) throws IOException {
      group.installState();
      directory.format(groupUuid, term, votedFor);
      if (membership.index() >= 0) {
        StoredConfiguration.write(groupDirectory, term, membership);
      }
      begin();
    }

    @Override
    public void broken(Throwable cause) {
      group.broken(cause);
    }
  }

  /** The same for one that has all but its vote. */
  private final class VoterEntrance extends GroupEntrance {
    VoterEntrance(RaftServer server, RaftGroupNode group) {
      super(server, group);
    }

    @Override
    public CompletableFuture<LogPosition> fetch(String leader, long indexMin) {
      return CompletableFuture.completedFuture(lastEntry());
    }

    @Override
    public void enter(String votedFor, long term, Membership ignored) throws IOException {
      if (term < lastEntry().term()) {
        throw new IOException(
            "node %s: the newest term of the others is %d, the last entry here is %s"
                .formatted(config.nodeId(), term, lastEntry()));
      }
      VoteRecord.write(groupDirectory, term, votedFor);
      RaftServerConfigKeys.setStorageDir(
          server.getProperties(), List.of(directory.raft().toFile()));
      begin();
    }
  }

  /** A leader's appenders shorten the pause by themselves, and should not be interrupted. */
  private void connectAnew(RaftServer server, RaftGroupNode group, String peer) {
    if (!group.leadership().self()) {
      renewConnection(server, group, peer);
    }
  }

  private void renewConnection(RaftServer server, RaftGroupNode group, String peer) {
    group
        .membership()
        .current()
        .member(peer)
        .map(GroupPeers::toPeer)
        .ifPresent(to -> threads.worker().execute(() -> RaftConnection.renew(server, groupId, to)));
  }

  /**
   * Ratis takes part in every group whose directory it finds when it is built. The directory of one
   * that has lost its vote must not be found before it has one again.
   */
  private RaftServer build(RaftGroupNode group, @Nullable Lost lost) throws IOException {
    Path storage = lost == Lost.VOTE ? directory.raft().resolve("none") : directory.raft();
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
          return builder;
        });
    return RaftServer.newBuilder()
        .setServerId(RaftPeerId.valueOf(config.nodeId()))
        .setGroup(lost == null ? raftGroup : null)
        .setOption(StartupOption.RECOVER)
        .setProperties(RatisSettings.of(config, storage, directory.removedGroups()))
        .setParameters(parameters)
        .setStateMachineRegistry(id -> group.stateMachine())
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
