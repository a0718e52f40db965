package io.troika.server.raft;

import static io.troika.server.core.model.Checks.requireArgument;

import io.troika.server.config.NodeConfig;
import io.troika.server.config.NodeConfig.MemberConfig;
import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.division.DivisionView;
import io.troika.server.raft.leadership.HandOvers;
import io.troika.server.raft.leadership.VoteHandOver;
import io.troika.server.raft.members.MembershipWatch;
import io.troika.server.raft.peers.PeerEndpoint;
import io.troika.server.raft.peers.PeerTransport;
import io.troika.server.raft.peers.PeerTransport.PeerState;
import io.troika.server.raft.state.ReplicatedState;
import io.troika.server.service.ports.ClusterControl;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.refusals.LaggingException;
import io.troika.server.service.refusals.NotLeaderException;
import java.io.IOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SnapshotManagementRequest;
import org.apache.ratis.protocol.TransferLeadershipRequest;
import org.apache.ratis.server.RaftServer;
import org.jspecify.annotations.Nullable;

/** What operators do to one group, from this node. Calls into Ratis may block: on the executor. */
final class GroupControl implements ClusterControl {
  /** What a follower under load may be behind, some milliseconds' worth. */
  private static final long IN_STEP_ENTRIES = 500;

  private static final Duration STATE_TIMEOUT = Duration.ofSeconds(1);
  private static final Duration READY_MAX = Duration.ofSeconds(1);
  private static final long SNAPSHOT_GAP_ENTRIES = 1;

  private final NodeConfig config;
  private final DivisionView view;
  private final MembershipWatch membership;
  private final ReplicatedState state;
  private final PeerTransport peers;
  private final PeerEndpoint self;
  private final VoteHandOver votes;
  private final HandOvers handOvers;
  private final Executor executor;
  private final ClientId client = ClientId.randomId();
  private final AtomicLong lastCallId = new AtomicLong();

  GroupControl(
      NodeConfig config,
      DivisionView view,
      MembershipWatch membership,
      ReplicatedState state,
      PeerTransport peers,
      PeerEndpoint self,
      VoteHandOver votes,
      HandOvers handOvers,
      Executor executor) {
    this.config = config;
    this.view = view;
    this.membership = membership;
    this.state = state;
    this.peers = peers;
    this.self = self;
    this.votes = votes;
    this.handOvers = handOvers;
    this.executor = executor;
  }

  // ---- members

  @Override
  public CompletableFuture<List<Member>> members(Duration answerTimeout) {
    Map<String, MemberConfig> known = new TreeMap<>();
    membership.guest().ifPresent(guest -> known.put(guest.nodeId(), guest));
    membership.current().members().forEach(member -> known.put(member.nodeId(), member));
    List<CompletableFuture<Member>> members =
        known.values().stream().map(each -> member(each, answerTimeout)).toList();
    return CompletableFuture.allOf(members.toArray(CompletableFuture[]::new))
        .thenApply(all -> members.stream().map(CompletableFuture::join).toList());
  }

  private CompletableFuture<Member> member(MemberConfig member, Duration answerTimeout) {
    if (member.nodeId().equals(config.nodeId())) {
      return CompletableFuture.completedFuture(member(member, self.state()));
    }
    return peers
        .state(member.nodeId(), answerTimeout)
        .thenApply(answer -> member(member, answer))
        .exceptionally(unreachable -> unreachable(member));
  }

  private static Member member(MemberConfig member, PeerState state) {
    return new Member(
        member.nodeId(),
        member.raft().toString(),
        member.client().toString(),
        true,
        role(member.nodeId(), state),
        state.term(),
        state.committedIndex(),
        state.applied().index(),
        state.snapshotIndex(),
        state.diskBytes());
  }

  private static Role role(String nodeId, PeerState state) {
    if (!state.voter()) {
      return Role.LEARNER;
    }
    if (state.leader().equals(nodeId)) {
      return Role.LEADER;
    }
    return state.leader().isEmpty() ? Role.CANDIDATE : Role.FOLLOWER;
  }

  private static Member unreachable(MemberConfig member) {
    return new Member(
        member.nodeId(),
        member.raft().toString(),
        member.client().toString(),
        false,
        Role.UNKNOWN,
        -1,
        -1,
        -1,
        -1,
        -1);
  }

  // ---- leadership

  @Override
  public CompletableFuture<Leadership> transferLeadership(String target, Duration timeout) {
    Leadership present = view.leadership();
    if (!present.self()) {
      return CompletableFuture.failedFuture(new NotLeaderException(present));
    }
    if (target.equals(config.nodeId())) {
      return CompletableFuture.completedFuture(present);
    }
    List<String> voters = view.voters().all();
    if (!target.isEmpty() && !voters.contains(target)) {
      return CompletableFuture.failedFuture(
          new IllegalArgumentException(
              "node %s: not one of the voters %s".formatted(target, voters)));
    }
    CompletableFuture<String> chosen = target.isEmpty() ? bestOf(voters) : answering(target);
    return chosen
        .thenCompose(
            next ->
                votes.around(
                    next,
                    () ->
                        CompletableFuture.completedFuture(next)
                            .thenComposeAsync(
                                to -> handOvers.during(() -> transfer(to, timeout)), executor)))
        .thenCompose(done -> whenReady(present.term()));
  }

  /**
   * Once the next leader can serve: it has committed an entry of its term. A node that stops is of
   * use until then, as the other half of its majority.
   */
  private CompletableFuture<Leadership> whenReady(long oldTerm) {
    if (view.leadership().self()) {
      return CompletableFuture.completedFuture(view.leadership());
    }
    LogPosition last = view.lastEntry();
    return view.whenApplied(last.term() > oldTerm ? last.index() : last.index() + 1)
        .completeOnTimeout(null, READY_MAX.toMillis(), TimeUnit.MILLISECONDS)
        .handle((applied, stopped) -> view.leadership());
  }

  /** A voter that could lead instead of this node. */
  record Candidate(String nodeId, LogPosition lastEntry, long startedMillis) {}

  /**
   * The candidate that leadership passes to fastest: of those in step, the one that has run
   * longest, because the code of one that was just started is cold. None for no candidates.
   */
  static Optional<Candidate> best(List<Candidate> candidates) {
    return candidates.stream()
        .map(Candidate::lastEntry)
        .max(LogPosition.AS_VOTES_ARE_GIVEN)
        .flatMap(
            furthest ->
                candidates.stream()
                    .filter(candidate -> inStep(candidate.lastEntry(), furthest))
                    .min(
                        Comparator.comparingLong(Candidate::startedMillis)
                            .thenComparing(Candidate::nodeId)));
  }

  private static boolean inStep(LogPosition last, LogPosition furthest) {
    return last.term() == furthest.term() && furthest.index() - last.index() <= IN_STEP_ENTRIES;
  }

  /**
   * The target, if it answers: commands wait while leadership is handed over, so nobody is asked
   * who could not take it.
   */
  private CompletableFuture<String> answering(String target) {
    return peers
        .state(target, STATE_TIMEOUT)
        .handle(
            (state, failure) -> {
              if (failure != null) {
                LaggingException unreachable =
                    new LaggingException(
                        "node %s: does not answer, so it cannot lead just now".formatted(target));
                unreachable.initCause(failure);
                throw unreachable;
              }
              return target;
            });
  }

  private CompletableFuture<String> bestOf(List<String> voters) {
    List<CompletableFuture<Optional<Candidate>>> answers =
        voters.stream()
            .filter(voter -> !voter.equals(config.nodeId()))
            .map(
                voter ->
                    peers
                        .state(voter, STATE_TIMEOUT)
                        .thenApply(
                            state ->
                                Optional.of(
                                        new Candidate(
                                            voter, state.lastEntry(), state.startedMillis()))
                                    .filter(candidate -> state.voter()))
                        .exceptionally(unreachable -> Optional.empty()))
            .toList();
    return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
        .thenApply(
            all ->
                best(answers.stream().flatMap(answer -> answer.join().stream()).toList())
                    .map(Candidate::nodeId)
                    .orElseThrow(
                        () -> new LaggingException("no other voter can be reached just now")));
  }

  /** No thread waits for it: several groups may be handed over at once, to nodes that hang. */
  private CompletableFuture<RaftClientReply> transfer(String target, Duration timeout) {
    RaftServer.Division division = view.division();
    CompletableFuture<RaftClientReply> asked;
    try {
      asked =
          division
              .getRaftServer()
              .transferLeadershipAsync(
                  new TransferLeadershipRequest(
                      client,
                      division.getId(),
                      division.getMemberId().getGroupId(),
                      lastCallId.incrementAndGet(),
                      RaftPeerId.valueOf(target),
                      timeout.toMillis()));
    } catch (IOException e) {
      asked = CompletableFuture.failedFuture(e);
    }
    // Ratis answers on a thread that elects; what has waited for this goes on with it.
    return asked.handleAsync(
        (reply, failure) ->
            successOf(
                reply, failure, "leadership was not handed to " + target + " within " + timeout),
        executor);
  }

  // ---- snapshots

  @Override
  public CompletableFuture<LogPosition> takeSnapshot(Duration timeout) {
    requireArgument(!timeout.isNegative(), "timeout %s", timeout);
    // No thread waits for it: it may take long, and leadership has to be handed over meanwhile.
    return CompletableFuture.completedFuture(timeout)
        .thenComposeAsync(this::snapshot, executor)
        .handleAsync(
            (reply, failure) -> {
              var unused = successOf(reply, failure, "no snapshot was taken within " + timeout);
              return state.flushed();
            },
            executor);
  }

  private CompletableFuture<RaftClientReply> snapshot(Duration timeout) {
    RaftServer.Division division = view.division();
    return division
        .getRaftServer()
        .snapshotManagementAsync(
            SnapshotManagementRequest.newCreate(
                client,
                division.getId(),
                division.getMemberId().getGroupId(),
                lastCallId.incrementAndGet(),
                timeout.toMillis(),
                SNAPSHOT_GAP_ENTRIES));
  }

  private static RaftClientReply successOf(
      @Nullable RaftClientReply reply, @Nullable Throwable failure, String otherwise) {
    if (reply == null) {
      throw new CompletionException(otherwise, failure == null ? null : causeOf(failure));
    }
    requireSuccess(reply, otherwise);
    return reply;
  }

  private static void requireSuccess(RaftClientReply reply, String otherwise) {
    if (!reply.isSuccess()) {
      LaggingException failure = new LaggingException(otherwise);
      failure.initCause(reply.getException());
      throw failure;
    }
  }

  private static Throwable causeOf(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : null;
    return cause == null ? failure : cause;
  }
}
