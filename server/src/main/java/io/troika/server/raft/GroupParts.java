package io.troika.server.raft;

import static io.troika.server.core.model.Checks.requireArgument;

import io.troika.server.config.NodeConfig;
import io.troika.server.config.NodeConfig.MemberConfig;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.raft.GroupStart.Origin;
import io.troika.server.raft.clock.ClusterClock;
import io.troika.server.raft.diskspace.DiskHandOver;
import io.troika.server.raft.diskspace.DiskRoom;
import io.troika.server.raft.division.GroupPeers;
import io.troika.server.raft.files.DataDirectory;
import io.troika.server.raft.peers.PeerEndpoint;
import io.troika.server.raft.peers.PeerTransport;
import io.troika.server.raft.replication.RaftConnection;
import io.troika.server.raft.replication.SilenceWatch;
import io.troika.server.raft.state.ReplicatedState;
import io.troika.server.raft.threads.BoundedClose;
import io.troika.server.raft.threads.RaftThreads;
import io.troika.server.raft.threads.TaskTimer;
import io.troika.server.service.ports.ClusterControl;
import io.troika.server.service.refusals.LaggingException;
import java.io.IOException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.raftlog.segmented.LogWriterWake;
import org.apache.ratis.statemachine.StateMachine;

/**
 * This node's parts in the Raft groups: that in {@code g0}, which is always there, and those that
 * are opened and dropped while the server runs. Safe for any thread.
 */
final class GroupParts {
  private final NodeConfig config;
  private final DataDirectory directory;
  private final RaftThreads threads;
  private final ClusterClock clock;
  private final PeerTransport peers;
  private final RaftServer server;
  private final GroupStart main;
  private final Map<RaftGroupId, StateMachine> stateMachines;
  private final DiskRoom room;
  private final PeerLevels levels;
  private final CompletableFuture<Throwable> broken;
  private final Map<String, GroupPart> parts = new ConcurrentSkipListMap<>();
  private volatile boolean closed;

  /**
   * @param main this node's part in the group that the cluster began with; it is started
   * @param stateMachines where Ratis looks for the state machine of a group that is added
   */
  GroupParts(
      NodeConfig config,
      DataDirectory directory,
      RaftThreads threads,
      ClusterClock clock,
      PeerTransport peers,
      RaftServer server,
      GroupStart main,
      Map<RaftGroupId, StateMachine> stateMachines,
      DiskRoom room,
      CompletableFuture<Throwable> broken) {
    this.config = config;
    this.directory = directory;
    this.threads = threads;
    this.clock = clock;
    this.peers = peers;
    this.server = server;
    this.main = main;
    this.stateMachines = stateMachines;
    this.room = room;
    this.levels = PeerLevels.over(peers, threads.timer());
    this.broken = broken;
    add(main, peers, Optional.empty());
  }

  private GroupPart add(
      GroupStart start, PeerTransport itsPeers, Optional<FollowedMembers> follower) {
    RaftGroupNode group = start.node();
    group.endpoint().tellOf(room);
    group.heed(levels);
    TaskTimer timer = threads.timer();
    GroupPart part =
        new GroupPart(
            start,
            new SilenceWatch(
                group.stateMachine().appenders(), itsPeers, timer, this::renewConnection),
            new DiskHandOver(room, () -> group.leadership().self(), group.cluster(), timer),
            follower);
    parts.put(group.name(), part);
    return part;
  }

  // ---- what is there

  /** That in {@code g0}. */
  RaftGroupNode main() {
    return main.node();
  }

  /** What the other nodes can apply. */
  PeerLevels levels() {
    return levels;
  }

  Collection<GroupPart> all() {
    return parts.values();
  }

  /** Those beside {@code g0}. */
  List<RaftGroupNode> others() {
    return parts.values().stream()
        .map(GroupPart::node)
        .filter(group -> group != main.node())
        .toList();
  }

  /** See {@link RaftNode#group}. */
  RaftGroup group(String name) {
    GroupPart part = parts.get(name);
    if (part == null) {
      throw new LaggingException("this node has no part in group '%s' yet".formatted(name));
    }
    return part.node();
  }

  PeerEndpoint endpoint(String name) {
    GroupPart part = parts.get(name);
    if (part == null) {
      throw new IllegalStateException("this node has no part in Raft group " + name);
    }
    return part.node().endpoint();
  }

  /** See {@link RaftNode#clusters}. */
  Map<String, ClusterControl> clusters() {
    Map<String, ClusterControl> clusters = new LinkedHashMap<>();
    clusters.put(main.node().name(), main.node().cluster());
    parts.forEach((name, part) -> clusters.putIfAbsent(name, part.node().cluster()));
    return clusters;
  }

  /** By group, who leads it; empty where that is not known. */
  Map<String, String> leaders() {
    Map<String, String> leaders = new TreeMap<>();
    parts.forEach((name, part) -> leaders.put(name, part.node().leadership().leader()));
    return leaders;
  }

  /** One connection serves all groups. */
  void renewConnection(String peer) {
    main.node()
        .membershipWatch()
        .current()
        .member(peer)
        .map(GroupPeers::toPeer)
        .ifPresent(
            to -> threads.worker().execute(() -> RaftConnection.renew(server, main.groupId(), to)));
  }

  // ---- what comes and goes

  /** See {@link RaftNode#open}. */
  synchronized RaftGroup open(GroupInfo group, ReplicatedState state) throws IOException {
    GroupPart known = parts.get(group.name());
    if (known != null) {
      return known.node();
    }
    requireOpen();
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
            clock,
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

  /** See {@link RaftNode#drop}. */
  void drop(String group) throws IOException {
    requireArgument(!group.equals(main.node().name()), "group %s is never dropped", group);
    GroupPart part;
    synchronized (this) {
      requireOpen();
      part = parts.get(group);
      if (part != null || directory.has(group)) {
        directory.recordDropped(group);
      }
      parts.remove(group);
    }
    if (part != null) {
      part.stopWatching();
      Optional<LogWriterWake> writer = part.node().logWriter();
      BoundedClose.run(
          "raft-drop",
          () -> part.start().removeFrom(server),
          () -> writer.ifPresent(LogWriterWake::wakeIfClosed));
      stateMachines.remove(part.start().groupId());
    }
    directory.discardDropped(group);
  }

  private void requireOpen() throws IOException {
    if (closed) {
      throw new IOException("this node is being closed");
    }
  }

  // ---- end

  /** None is opened or dropped any more; one that is being opened still may be. */
  void changeNoMore() {
    closed = true;
  }

  /** After {@link #changeNoMore}: waits for one that is being opened. */
  synchronized void stopWatching() {
    parts.values().forEach(GroupPart::stopWatching);
    parts.values().forEach(part -> part.start().stopArrival());
  }
}
