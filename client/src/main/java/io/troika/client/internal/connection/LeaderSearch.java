package io.troika.client.internal.connection;

import io.grpc.CallOptions;
import io.grpc.stub.StreamObserver;
import io.troika.api.v1.FindLeaderRequest;
import io.troika.api.v1.FindLeaderResponse;
import io.troika.client.LeaderInfo;
import io.troika.client.internal.Listeners;
import io.troika.client.internal.codec.ValueCodec;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Asks all nodes who leads one Raft group until it is stopped. One search serves all callers who
 * wait for a leader, and each node is asked once: it answers when it knows a leader that is newer
 * than the past one. So a search costs the nodes next to nothing while they elect, and its answer
 * comes with the election's end and not with the next look. Only nodes that can't be asked are
 * tried again and again.
 *
 * <p>Invariant: at most one question about the same past leader is under way to each node, so a
 * node that hangs costs nothing but its place.
 */
final class LeaderSearch implements LeaderTracker.Search {
  /** Between two tries of a node that can't be asked, or names a leader that is not wanted. */
  static final Backoff PAUSES = new Backoff(Duration.ofMillis(20), 1.4, Duration.ofMillis(250));

  /** What a node waits before it answers that it knows of none. */
  static final Duration WAIT = Duration.ofSeconds(1);

  /**
   * Between two tries of a name that is unknown. Java believes in that for 10 s, and gRPC warns of
   * it each time, with a stack trace.
   */
  static final Duration UNKNOWN_HOST_PAUSE = Duration.ofSeconds(2);

  /** A node that has waited so long had time to notice that its leader is gone. */
  private static final Duration IN_VAIN = WAIT.multipliedBy(9).dividedBy(10);

  /** For the way there and back. */
  private static final Duration MARGIN = Duration.ofMillis(500);

  private final String group;
  private final Nodes nodes;
  private final MemberWatch members;
  private final ClientThreads threads;
  private final BiConsumer<String, LeaderInfo> found;
  private final BiConsumer<String, LeaderInfo> upheld;
  private final Listeners listeners;

  /** The search that is on, and the newest question to each node; guarded by this. */
  private @Nullable Round running;

  private final Map<String, Question> asked = new HashMap<>();

  /**
   * One search.
   *
   * @param number as listeners are told
   * @param past the leader that is lost or suspected
   */
  private record Round(long number, LeaderInfo past, long startedNanos) {
    /**
     * The past leader itself is asked whether it still leads: what was lost may be only a
     * connection.
     */
    long newerThan(Node node) {
      boolean itself = node.address().equals(past.address());
      return itself && past.term() > 0 ? past.term() - 1 : past.term();
    }
  }

  /**
   * @param group whose leader is looked for
   * @param members told who answered and who did not
   * @param found told the address of the node that answered, and what it said
   * @param upheld told the same where the node has waited for a newer leader, and named the past
   *     one
   */
  LeaderSearch(
      String group,
      Nodes nodes,
      MemberWatch members,
      ClientThreads threads,
      BiConsumer<String, LeaderInfo> found,
      BiConsumer<String, LeaderInfo> upheld,
      Listeners listeners) {
    this.group = group;
    this.nodes = nodes;
    this.members = members;
    this.threads = threads;
    this.found = found;
    this.upheld = upheld;
    this.listeners = listeners;
  }

  @Override
  public synchronized void start(LeaderInfo past) {
    Round before = running;
    if (before != null && before.past().equals(past)) {
      return;
    }
    if (before == null) {
      long number = listeners.nextNumber();
      running = new Round(number, past, System.nanoTime());
      listeners.tell(listener -> listener.leaderSearchStarted(number));
    } else {
      running = new Round(before.number(), past, before.startedNanos());
    }
    if (!threads.later(this::askAll, 0)) {
      // The client was closed meanwhile, and with it everyone who waits for this search.
      stop(LeaderInfo.NONE);
    }
  }

  @Override
  public synchronized void stop(LeaderInfo leader) {
    Round ended = running;
    if (ended != null) {
      Duration took = Duration.ofNanos(System.nanoTime() - ended.startedNanos());
      running = null;
      listeners.tell(listener -> listener.leaderSearchFinished(ended.number(), took, leader));
    }
  }

  private void askAll() {
    nodes.known().forEach(node -> ask(node, 0));
  }

  /**
   * Asks a node, unless it is asked already about the same past leader.
   *
   * @param failures in a row of this node
   */
  private void ask(Node node, int failures) {
    Question question;
    synchronized (this) {
      Round round = running;
      if (round == null) {
        return;
      }
      if (node.rests() && !node.address().equals(round.past().address())) {
        // Another one, or the next search.
        return;
      }
      Question before = asked.get(node.address());
      if (before != null && before.round.past().equals(round.past())) {
        return;
      }
      question = new Question(node, round, failures);
      asked.put(node.address(), question);
    }
    question.send();
  }

  private void answered(Question question, LeaderInfo leader) {
    found.accept(question.node.address(), leader);
    if (question.waitedInVain(leader)) {
      upheld.accept(question.node.address(), leader);
    }
    ended(question, 0);
  }

  private void ended(Question question, int failures) {
    ended(question, failures, PAUSES.nanos(failures));
  }

  /** The search goes on, if it does: with a pause, because this answer has not helped. */
  private void ended(Question question, int failures, long pause) {
    synchronized (this) {
      if (!asked.remove(question.node.address(), question) || running == null) {
        return;
      }
    }
    if (!threads.later(() -> ask(question.node, failures), pause)) {
      stop(LeaderInfo.NONE);
    }
  }

  /** What one node is asked, and its answer; a failure says nothing. */
  private final class Question implements StreamObserver<FindLeaderResponse> {
    private final Node node;
    private final Round round;
    private final int failures;
    private final long sentNanos = System.nanoTime();

    Question(Node node, Round round, int failures) {
      this.node = node;
      this.round = round;
      this.failures = failures;
    }

    /** Whether the node had time enough to notice that the past leader is gone, and has not. */
    boolean waitedInVain(LeaderInfo named) {
      return named.isKnown()
          && named.term() == round.past().term()
          && System.nanoTime() - sentNanos >= IN_VAIN.toNanos();
    }

    void send() {
      Duration timeout = WAIT.plus(MARGIN);
      FindLeaderRequest request =
          FindLeaderRequest.newBuilder()
              .setNewerThanTerm(round.newerThan(node))
              .setWaitMs((int) WAIT.toMillis())
              .setGroup(group)
              .build();
      Rpc.FIND_LEADER.send(
          node.channel(),
          CallOptions.DEFAULT.withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS),
          request,
          this);
    }

    @Override
    public void onNext(FindLeaderResponse answer) {
      if (!members.answered(node, answer)) {
        node.said("belongs to another cluster");
        ended(this, failures + 1);
        return;
      }
      LeaderInfo leader = ValueCodec.leader(answer.getLeader());
      node.said(leader.isKnown() ? "names " + leader.address() : "knows no leader");
      answered(this, leader);
    }

    @Override
    public void onError(Throwable failure) {
      Verdict verdict = Verdict.of(failure);
      long pause = PAUSES.nanos(failures + 1);
      if (verdict instanceof Verdict.Again again) {
        node.said(node.explained(again));
        if (again.mayHaveHappened()) {
          node.markFailed();
        }
        if (again.text().equals(Verdict.UNKNOWN_HOST)) {
          pause = UNKNOWN_HOST_PAUSE.toNanos();
        }
      } else if (verdict instanceof Verdict.Final last) {
        node.said(last.failure().getMessage() + (node.id().isEmpty() ? Node.WRONG_PORT : ""));
      }
      members.failed(node);
      ended(this, failures + 1, pause);
    }

    @Override
    public void onCompleted() {
      ended(this, 0);
    }
  }
}
