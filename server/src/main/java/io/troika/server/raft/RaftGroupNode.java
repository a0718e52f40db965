package io.troika.server.raft;

import io.troika.server.config.NodeConfig;
import io.troika.server.core.command.Command;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.clock.ClusterClock;
import io.troika.server.raft.clock.LeaderPatience;
import io.troika.server.raft.diskspace.DiskUse;
import io.troika.server.raft.division.AppliedIndex;
import io.troika.server.raft.division.DivisionView;
import io.troika.server.raft.entries.DivisionAppender;
import io.troika.server.raft.entries.EntryBatcher;
import io.troika.server.raft.leadership.CrashDetector;
import io.troika.server.raft.leadership.HandOvers;
import io.troika.server.raft.leadership.LeadershipEvents;
import io.troika.server.raft.leadership.TermRound;
import io.troika.server.raft.leadership.VoteHandOver;
import io.troika.server.raft.members.MemberChanges;
import io.troika.server.raft.members.MembershipWatch;
import io.troika.server.raft.members.RatisReconfiguration;
import io.troika.server.raft.members.Removal;
import io.troika.server.raft.peers.Membership;
import io.troika.server.raft.peers.PeerTransport;
import io.troika.server.raft.replication.FollowersRoom;
import io.troika.server.raft.replication.LaggardWatch;
import io.troika.server.raft.state.CheckpointInstall;
import io.troika.server.raft.state.InstallNudge;
import io.troika.server.raft.state.ReplicatedState;
import io.troika.server.raft.state.TroikaStateMachine;
import io.troika.server.raft.threads.Periodic;
import io.troika.server.raft.threads.RaftThreads;
import io.troika.server.service.ports.ClusterControl;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.ports.MembershipControl;
import io.troika.server.service.ports.ReplicatedLog;
import io.troika.server.service.refusals.NotLeaderException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.raftlog.segmented.LogWriterWake;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node's member of one Raft group: what it is made of, and how that begins and ends. Safe for
 * any thread.
 */
final class RaftGroupNode implements RaftGroup {
  private static final Logger logger = LoggerFactory.getLogger(RaftGroupNode.class);

  /** An entry whose fate is open is settled by the next leader within a few elections, or never. */
  private static final int UNSETTLED_ELECTIONS = 4;

  private static final Duration LEADERSHIP_POLL = Duration.ofMillis(100);
  private static final Duration HAND_OVER = Duration.ofSeconds(3);
  private static final Duration REMAINS_PERIOD = Duration.ofMinutes(1);

  private final NodeConfig config;
  private final String name;
  private final RaftGroupId groupId;
  private final ReplicatedState state;
  private final RaftThreads threads;

  private final AppliedIndex applied;
  private final DivisionView view;
  private final EntryBatcher batcher;
  private final CheckpointInstall install;
  private final InstallNudge nudge;
  private final Periodic remains;
  private final LeadershipEvents leadershipEvents;
  private final CrashDetector crashDetector;
  private final LaggardWatch laggardWatch;
  private final DiskUse diskUse;
  private final MembershipWatch membership;
  private final GroupEndpoint endpoint;
  private final GroupControl control;
  private final MemberChanges memberChanges;
  private final DivisionEvents events;
  private final TroikaStateMachine stateMachine;
  private final GroupLog log;

  private final CompletableFuture<Void> removed = new CompletableFuture<>();
  private volatile boolean closed;

  /** What is to be noted, durably, of this node's part in the group. */
  interface Storage {
    /** The group's storage exists; no peer has been answered yet. */
    void ready() throws IOException;

    /** This node is no member any more. */
    void removed() throws IOException;
  }

  /**
   * @param origin how the group began
   * @param peers asked about this group
   * @param clock what time it is for the cluster
   * @param logDirectory where Ratis keeps the group's log
   * @param incoming where checkpoints of peers arrive
   * @param broken completed with the cause when this member can't go on
   */
  RaftGroupNode(
      NodeConfig config,
      GroupStart.Origin origin,
      ReplicatedState state,
      PeerTransport peers,
      RaftThreads threads,
      ClusterClock clock,
      Path logDirectory,
      Path incoming,
      Storage storage,
      CompletableFuture<Throwable> broken) {
    this.config = config;
    this.name = origin.name();
    this.groupId = RaftGroupId.valueOf(origin.uuid());
    this.state = state;
    this.threads = threads;
    applied = new AppliedIndex(state.applied().index());
    view =
        new DivisionView(
            name,
            config.nodeId(),
            config.membersById(),
            applied,
            clock.own().millis(),
            new LeaderPatience(clock, threads.timer())::mayLead);
    batcher =
        new EntryBatcher(
            EntryBatcher.Limits.of(
                config.raft().entryBytesMax(),
                config.raft().electionTimeoutMax().multipliedBy(UNSETTLED_ELECTIONS)),
            new DivisionAppender(view),
            threads.timer(),
            clock,
            config.raft().outcomeRetention());
    install = new CheckpointInstall(peers, state, incoming, threads.reader());
    nudge = new InstallNudge(view, install, threads);
    remains = new Periodic(threads.timer(), REMAINS_PERIOD, this::tidyLater);
    leadershipEvents = new LeadershipEvents(view::leadership, threads.listener());
    crashDetector =
        new CrashDetector(
            view,
            peers,
            threads.timer(),
            CrashDetector.Settings.of(config.raft().electionTimeoutMin()));
    FollowersRoom followersRoom = new FollowersRoom(view::voters);
    laggardWatch =
        new LaggardWatch(view, peers, threads.timer(), this::appendNoOperation, followersRoom);
    diskUse = new DiskUse(state, logDirectory, threads);
    membership =
        new MembershipWatch(
            config.nodeId(), origin.first(), origin.isMain(), view::membership, peers);
    Removal removal =
        new Removal(
            config.nodeId(),
            view::membership,
            () -> membership.askable().others(config.nodeId()),
            peers,
            threads.timer());
    VoteHandOver voteHandOver = new VoteHandOver(view::term, peers);
    HandOvers handOvers = new HandOvers();
    endpoint =
        new GroupEndpoint(
            config.self(), view, state, diskUse, voteHandOver, removed::isDone, clock.own());
    control =
        new GroupControl(
            config,
            view,
            membership,
            state,
            peers,
            endpoint,
            voteHandOver,
            handOvers,
            threads.worker());
    memberChanges =
        new MemberChanges(
            view,
            membership,
            peers,
            threads.timer(),
            new RatisReconfiguration(view, threads.worker()),
            () -> control.transferLeadership("", HAND_OVER));
    events =
        new DivisionEvents(
            leadershipEvents,
            membership,
            control,
            install,
            nudge,
            removal,
            storage,
            threads.worker(),
            removed,
            broken);
    stateMachine =
        new TroikaStateMachine(
            state, batcher, install, applied, events, config.raft().snapshotBytes());
    // Until those of the node are there.
    PeerLevels levelsAtFirst = PeerLevels.over(peers, threads.timer());
    log =
        new GroupLog(
            config.nodeId(),
            view,
            batcher,
            followersRoom,
            stateMachine.appenders(),
            leadershipEvents,
            new TermRound(view, peers, threads.timer(), TermRound.Settings.DEFAULT),
            handOvers,
            voteHandOver,
            clock,
            levelsAtFirst);
  }

  /** From now on entries that older versions do not know are for those who can apply them. */
  void heed(PeerLevels known) {
    log.heed(known);
  }

  /** What Ratis calls this member in its metrics. */
  String memberId() {
    return RaftGroupMemberId.valueOf(RaftPeerId.valueOf(config.nodeId()), groupId).toString();
  }

  TroikaStateMachine stateMachine() {
    return stateMachine;
  }

  /** What this node answers its peers about the group. */
  GroupEndpoint endpoint() {
    return endpoint;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public ReplicatedLog log() {
    return log;
  }

  Leadership leadership() {
    return view.leadership();
  }

  @Override
  public ClusterControl cluster() {
    return control;
  }

  @Override
  public MembershipControl membership() {
    return memberChanges;
  }

  /** The division exists; it has not begun to run. */
  void attach(RaftServer.Division division) {
    view.attach(division);
  }

  /** By this node's log; none before it has one. */
  Membership knownMembership() {
    return view.membership();
  }

  /**
   * Fails if a change of the cluster's members would leave the group without a majority that lives.
   */
  CompletableFuture<Void> requireMajority(String leaving, String joining) {
    return memberChanges.requireMajority(leaving, joining);
  }

  MembershipWatch membershipWatch() {
    return membership;
  }

  /** Completes when this node was removed from the group; never fails. */
  CompletableFuture<Void> whenRemoved() {
    return removed.copy();
  }

  /** Whether there is nobody to hand leadership to. */
  boolean isAlone() {
    return view.voters().all().equals(List.of(config.nodeId()));
  }

  /** The division runs. */
  void started(PeerTransport peers) {
    peers.onConnectionLost(crashDetector::connectionLost);
    pollLeadership();
    laggardWatch.start();
    diskUse.start();
    remains.start();
  }

  /** Brings the state of {@code leader} here; before the division is made. */
  CompletableFuture<LogPosition> fetchState(String leader, long indexMin) {
    return install.fetchAnew(leader, indexMin);
  }

  /** Puts the state in place that was fetched; before the division is made. */
  void installState() throws IOException {
    applied.advance(install.into(state).index());
  }

  private void appendNoOperation() {
    var unused =
        batcher
            .submit(new Command.NoOperation())
            .exceptionally(
                failure -> {
                  // Not leader any more, or busy: then others append.
                  logger.debug("no-operation not appended", failure);
                  return new Outcome.Done();
                });
  }

  private void tidyLater() {
    threads.worker().execute(() -> install.tidy(view.lastEntry().index()));
  }

  private void pollLeadership() {
    if (!closed) {
      // First: one look that fails must not be the last.
      var unused = threads.timer().schedule(this::pollLeadership, LEADERSHIP_POLL);
      leadershipEvents.refresh();
      membership.refresh();
    }
  }

  /** Call it before the division is closed: then that is no accident. */
  void closing() {
    events.closing();
  }

  /** This member can't go on. */
  void broken(Throwable cause) {
    events.broken(cause);
  }

  /** What writes the log, while the division runs. */
  Optional<LogWriterWake> logWriter() {
    return view.isAttached() ? LogWriterWake.of(view.division().getRaftLog()) : Optional.empty();
  }

  /** Call it once the division is closed: what is still open can't settle any more. */
  void close() {
    closed = true;
    laggardWatch.stop();
    diskUse.stop();
    remains.stop();
    nudge.stop();
    Leadership last = Leadership.unknown(name, view.term());
    batcher.close(() -> new NotLeaderException(last));
    applied.stop();
  }
}
