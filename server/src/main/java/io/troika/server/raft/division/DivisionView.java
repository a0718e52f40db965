package io.troika.server.raft.division;

import io.troika.server.config.NodeConfig.MemberConfig;
import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.peers.Membership;
import io.troika.server.raft.peers.Voters;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.refusals.LaggingException;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongPredicate;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionRequestProto;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftConfiguration;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.RaftServerProtocol;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.util.ProtoUtils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** This node's Raft division as it is now. */
public final class DivisionView implements LocalRaft {
  private static final Logger log = LoggerFactory.getLogger(DivisionView.class);

  private final String group;
  private final String nodeId;
  private final Map<String, MemberConfig> configured;
  private final AppliedIndex applied;
  private final long startedMillis;
  private final LongPredicate mayLead;
  private final AtomicLong lastCallId = new AtomicLong();
  private volatile RaftServer.@Nullable Division division;

  /**
   * @param group its name
   * @param configured the nodes of the configuration file, by id: for what the log does not tell
   * @param startedMillis since when this node runs, in milliseconds since 1970
   * @param mayLead asked with the term when Ratis is ready to lead
   */
  public DivisionView(
      String group,
      String nodeId,
      Map<String, MemberConfig> configured,
      AppliedIndex applied,
      long startedMillis,
      LongPredicate mayLead) {
    this.group = group;
    this.nodeId = nodeId;
    this.configured = Map.copyOf(configured);
    this.applied = applied;
    this.startedMillis = startedMillis;
    this.mayLead = mayLead;
  }

  /** Before this, the node has no term, no leader and no log, and leads nothing. */
  public void attach(RaftServer.Division started) {
    division = started;
  }

  public boolean isAttached() {
    return division != null;
  }

  /**
   * Ratis's part.
   *
   * @throws LaggingException if the node is not in its group yet
   */
  public RaftServer.Division division() {
    RaftServer.Division attached = division;
    if (attached == null) {
      throw new LaggingException("node %s is not in its group yet".formatted(nodeId));
    }
    return attached;
  }

  @Override
  public String nodeId() {
    return nodeId;
  }

  @Override
  public long term() {
    RaftServer.Division attached = division;
    return attached == null ? 0 : attached.getInfo().getCurrentTerm();
  }

  /**
   * Terms only rise, and a leader's state belongs to one term: the same term before and after means
   * that the readiness in between was that of this term.
   */
  @Override
  public boolean leads(long term) {
    return isAttached()
        && term() == term
        && division().getInfo().isLeaderReady()
        && term() == term
        && mayLead.test(term);
  }

  @Override
  public boolean follows() {
    RaftServer.Division current = division;
    return current != null
        && current.getInfo().isFollower()
        && current.getInfo().isAlive()
        && voters().contains(nodeId);
  }

  @Override
  public long committedIndex() {
    return division().getRaftLog().getLastCommittedIndex();
  }

  @Override
  public long appliedIndex() {
    return applied.get();
  }

  @Override
  public CompletableFuture<Void> whenApplied(long index) {
    return applied.whenReached(index);
  }

  @Override
  public LogPosition lastEntry() {
    TermIndex last = division().getRaftLog().getLastEntryTermIndex();
    SnapshotInfo snapshot = division().getStateMachine().getLatestSnapshot();
    if (snapshot != null && (last == null || snapshot.getIndex() > last.getIndex())) {
      last = snapshot.getTermIndex();
    }
    return last == null ? LogPosition.NONE : new LogPosition(last.getTerm(), last.getIndex());
  }

  @Override
  public long startedMillis() {
    return startedMillis;
  }

  @Override
  public Voters voters() {
    RaftConfiguration configuration = division().getRaftConf();
    return new Voters(
        ids(configuration.getCurrentPeers(RaftPeerRole.FOLLOWER)),
        ids(configuration.getPreviousPeers(RaftPeerRole.FOLLOWER)));
  }

  /** The newest configuration in the log, with everybody's addresses. */
  public Membership membership() {
    RaftServer.Division attached = division;
    if (attached == null) {
      return Membership.NONE;
    }
    RaftConfiguration configuration = attached.getRaftConf();
    // What is applied here is committed; a log that is closed could not be asked for that.
    boolean committed = applied.get() >= configuration.getLogEntryIndex();
    return GroupPeers.membership(configuration, committed, configured);
  }

  /** Voters and learners. */
  public Set<String> members() {
    RaftConfiguration configuration = division().getRaftConf();
    Set<String> members = new TreeSet<>(voters().all());
    members.addAll(ids(configuration.getAllPeers(RaftPeerRole.LISTENER)));
    return members;
  }

  private static List<String> ids(Collection<RaftPeer> peers) {
    return peers.stream().map(peer -> peer.getId().toString()).toList();
  }

  @Override
  public Leadership leadership() {
    long term = term();
    if (!isAttached()) {
      return Leadership.unknown(group, term);
    }
    RaftPeerId leaderId = division().getInfo().getLeaderId();
    if (leaderId == null || !division().getInfo().isAlive()) {
      return Leadership.unknown(group, term);
    }
    String leader = leaderId.toString();
    return new Leadership(
        group,
        term,
        leader,
        GroupPeers.clientAddress(division().getRaftConf(), leaderId, configured),
        leader.equals(nodeId),
        leader.equals(nodeId) && leads(term));
  }

  /**
   * Asks this very division to hold an election, as its leader would when handing over. Ratis then
   * skips the pre-vote, in which the other follower, still believing in the dead leader, would
   * refuse. Safe whatever we claim here: terms, logs and votes are checked as in any election.
   */
  @Override
  public void startElection(long term) {
    LogPosition last = lastEntry();
    RaftPeerId leader = division().getInfo().getLeaderId();
    if (term() != term || !follows() || last.term() != term || leader == null) {
      return;
    }
    StartLeaderElectionRequestProto request =
        StartLeaderElectionRequestProto.newBuilder()
            .setServerRequest(requestFrom(leader))
            .setLeaderLastEntry(TermIndex.valueOf(last.term(), last.index()).toProto())
            .build();
    try {
      boolean started =
          ((RaftServerProtocol) division())
              .startLeaderElection(request)
              .getServerReply()
              .getSuccess();
      log.info("leader {} of term {} is dead: election started: {}", leader, term, started);
    } catch (IOException e) {
      // Not running any more, or not yet: then the election time-out decides, as without us.
      log.warn("could not start an election in term {}", term, e);
    }
  }

  /** The head of a message to this division as if {@code requestor} had sent it. */
  public RaftRpcRequestProto requestFrom(RaftPeerId requestor) {
    return RaftRpcRequestProto.newBuilder()
        .setRequestorId(requestor.toByteString())
        .setReplyId(division().getId().toByteString())
        .setRaftGroupId(ProtoUtils.toRaftGroupIdProtoBuilder(division().getMemberId().getGroupId()))
        .setCallId(lastCallId.incrementAndGet())
        .build();
  }
}
