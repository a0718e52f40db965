package io.troika.server.raft;

import io.troika.server.config.NodeConfig;
import io.troika.server.config.NodeConfig.MemberConfig;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.arrival.Arrival;
import io.troika.server.raft.arrival.Arrival.Lost;
import io.troika.server.raft.clock.ClusterClock;
import io.troika.server.raft.division.GroupPeers;
import io.troika.server.raft.files.DataDirectory;
import io.troika.server.raft.files.SegmentCheck;
import io.troika.server.raft.files.StoredConfiguration;
import io.troika.server.raft.files.VoteRecord;
import io.troika.server.raft.peers.Membership;
import io.troika.server.raft.peers.PeerTransport;
import io.troika.server.raft.state.ReplicatedState;
import io.troika.server.raft.threads.RaftThreads;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.GroupManagementRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The start of this node's part in one group: once. Looks at what the directory holds, and brings
 * the part into the group, at once or by {@link Arrival}.
 */
final class GroupStart {
  private static final Logger logger = LoggerFactory.getLogger(GroupStart.class);

  private final NodeConfig config;
  private final Origin origin;
  private final RaftGroupId groupId;
  private final ReplicatedState state;
  private final PeerTransport peers;
  private final DataDirectory directory;
  private final RaftThreads threads;
  private final SegmentCheck check;
  private final Path groupDirectory;
  private final RaftGroupNode node;
  private final @Nullable Lost lost;
  private final List<String> others;
  private Runnable stopArrival = () -> {};

  /**
   * How the group began.
   *
   * @param first its members then
   * @param askable who may know more of it now
   * @param joining whether this node is to join one that is there, and never to begin it
   * @param surelyNew whether an empty directory can only mean that this node was never a member, so
   *     that it has nothing to ask for
   */
  record Origin(
      String name,
      UUID uuid,
      List<MemberConfig> first,
      List<MemberConfig> askable,
      boolean joining,
      boolean surelyNew) {

    /** One who joins takes no part before a leader has told it of a configuration. */
    org.apache.ratis.protocol.RaftGroup toRatis() {
      RaftGroupId id = RaftGroupId.valueOf(uuid);
      return joining
          ? org.apache.ratis.protocol.RaftGroup.valueOf(id)
          : org.apache.ratis.protocol.RaftGroup.valueOf(id, GroupPeers.toPeers(first));
    }

    boolean isMain() {
      return name.equals(GroupInfo.MAIN);
    }
  }

  /**
   * Looks at the directory, and mends the tail of the log.
   *
   * @param peers asked about this group
   * @throws IOException if the log is lost or damaged, or this node was removed from the group
   */
  GroupStart(
      NodeConfig config,
      Origin origin,
      ReplicatedState state,
      PeerTransport peers,
      DataDirectory directory,
      RaftThreads threads,
      ClusterClock clock,
      CompletableFuture<Throwable> broken)
      throws IOException {
    this.config = config;
    this.origin = origin;
    this.state = state;
    this.peers = peers;
    this.directory = directory;
    this.threads = threads;
    groupId = RaftGroupId.valueOf(origin.uuid());
    groupDirectory = directory.groupDirectory(origin.name(), origin.uuid());
    check = new SegmentCheck(RatisSettings.ratisEntryBytesMax(config.raft()));
    directory.requireLogOf(origin.name(), origin.uuid());
    check.repairTail(groupDirectory);
    node =
        new RaftGroupNode(
            config,
            origin,
            state,
            peers,
            threads,
            clock,
            groupDirectory,
            directory.incoming(origin.name()),
            new Storage(),
            broken);
    Membership stored = StoredConfiguration.read(groupDirectory, config.membersById());
    node.membershipWatch().meet(new Membership(-1, false, origin.askable()));
    node.membershipWatch().meet(stored);
    others =
        (stored.isKnown() ? stored : new Membership(-1, false, origin.askable()))
            .others(config.nodeId());
    lost = findLoss();
  }

  RaftGroupNode node() {
    return node;
  }

  UUID uuid() {
    return origin.uuid();
  }

  RaftGroupId groupId() {
    return groupId;
  }

  /** What this node has to ask the others for before it may take part; null if nothing. */
  @Nullable Lost lost() {
    return lost;
  }

  /** The damage that kept Ratis from opening the log, if that was it. */
  void reportDamage() throws IOException {
    check.reportDamage(groupDirectory);
  }

  /** Ratis was built, with this group if nothing is lost, but does not run yet. */
  void built(RaftServer server) throws IOException {
    if (lost == null) {
      node.attach(server.getDivision(groupId));
    }
  }

  /** Ratis runs. */
  void started(RaftServer server) {
    if (lost == null) {
      node.started(peers);
      return;
    }
    Arrival arrival =
        new Arrival(
            config.nodeId(),
            lost,
            origin.joining(),
            others,
            peers,
            threads.timer(),
            threads.worker(),
            lost == Lost.VOTE ? new VoterEntrance(server) : new Entrance(server),
            config.raft().electionTimeoutMax().multipliedBy(2));
    stopArrival = arrival::stop;
    arrival.start();
  }

  /** Adds the group to a server that runs. */
  void addTo(RaftServer server) throws IOException {
    if (lost == null) {
      add(server, origin.toRatis());
    }
    started(server);
  }

  /** Takes the group away from a server that runs, with Ratis's directory of it. */
  void removeFrom(RaftServer server) throws IOException {
    stopArrival();
    node.closing();
    for (RaftGroupId present : server.getGroupIds()) {
      if (present.equals(groupId)) {
        var unused =
            server.groupManagement(
                GroupManagementRequest.newRemove(
                    ClientId.randomId(), server.getId(), 1, groupId, true, false));
      }
    }
    node.close();
  }

  /** Waits for a step of the arrival that is being done; none begins after this. */
  void stopArrival() {
    stopArrival.run();
  }

  private void add(RaftServer server, org.apache.ratis.protocol.RaftGroup initial)
      throws IOException {
    // Ratis looks where to put a group when it is added, at the setting of that moment.
    synchronized (server) {
      RaftServerConfigKeys.setStorageDir(
          server.getProperties(), List.of(directory.raft(origin.name()).toFile()));
      var unused =
          server.groupManagement(
              GroupManagementRequest.newAdd(
                  ClientId.randomId(), server.getId(), 1, initial, false));
    }
    node.attach(server.getDivision(groupId));
  }

  private @Nullable Lost findLoss() throws IOException {
    boolean alone = others.isEmpty();
    if (!alone && directory.isFresh(origin.name(), origin.uuid())) {
      directory.discard(origin.name(), origin.uuid()); // left by one that did not get there
      return origin.surelyNew() ? null : Lost.DIRECTORY;
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
    node.endpoint().keeps(kept);
    return Lost.VOTE;
  }

  /** What is noted of this node's membership outside of Ratis's directory. */
  private final class Storage implements RaftGroupNode.Storage {
    @Override
    public void ready() throws IOException {
      directory.recordMember(origin.name(), origin.uuid());
    }

    @Override
    public void removed() throws IOException {
      directory.recordRemoved(origin.name(), origin.uuid());
    }
  }

  /** Makes this node's part of the group once it may take part. */
  private class Entrance implements Arrival.Entrance {
    private final RaftServer server;

    Entrance(RaftServer server) {
      this.server = server;
    }

    @Override
    public LogPosition lastEntry() {
      return node.endpoint().state().lastEntry();
    }

    @Override
    public void begin() throws IOException {
      begin(origin.toRatis());
    }

    @Override
    public void join(Membership membership) throws IOException {
      noteArrival(membership.index());
      begin(org.apache.ratis.protocol.RaftGroup.valueOf(groupId));
    }

    @Override
    public void meet(Membership membership) {
      node.membershipWatch().meet(membership);
    }

    private void begin(org.apache.ratis.protocol.RaftGroup initial) throws IOException {
      add(server, initial);
      node.started(peers);
    }

    @Override
    public CompletableFuture<LogPosition> fetch(String leader, long indexMin) {
      return node.fetchState(leader, indexMin);
    }

    /** The identity is written when the group's part starts: until then all this can be redone. */
    @Override
    public void enter(String votedFor, long term, Membership membership) throws IOException {
      node.installState();
      noteArrival(state.applied().index());
      directory.format(origin.name(), origin.uuid(), term, votedFor);
      if (membership.index() >= 0) {
        StoredConfiguration.write(groupDirectory, term, membership);
      }
      begin();
    }

    private void noteArrival(long index) throws IOException {
      if (origin.isMain()) {
        directory.recordArrival(index);
      }
    }

    @Override
    public void broken(Throwable cause) {
      node.broken(cause);
    }
  }

  /** The same for one that has all but its vote. */
  private final class VoterEntrance extends Entrance {
    VoterEntrance(RaftServer server) {
      super(server);
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
      begin();
    }
  }
}
