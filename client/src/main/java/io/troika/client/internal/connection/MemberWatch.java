package io.troika.client.internal.connection;

import io.grpc.CallOptions;
import io.grpc.stub.StreamObserver;
import io.troika.api.v1.FindLeaderRequest;
import io.troika.api.v1.FindLeaderResponse;
import io.troika.client.LeaderInfo;
import io.troika.client.internal.codec.MemberList;
import io.troika.client.internal.codec.ValueCodec;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/**
 * Keeps the client informed of who belongs to the group: while it is used, all nodes that it knows
 * are asked now and then, and soon after something went wrong or a member was heard of. Safe for
 * any thread.
 *
 * <p>Invariant: at most one question is under way to each node, and two rounds of questions are at
 * least a pause apart; an idle client asks nothing.
 */
final class MemberWatch {
  /** Between two rounds of questions while all is well. */
  private static final Duration PERIOD = Duration.ofSeconds(10);

  /** Between two rounds, at least. */
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private static final Duration ANSWER_TIMEOUT = Duration.ofMillis(1_500);

  private final Nodes nodes;
  private final ClusterIdentity identity;
  private final ClientThreads threads;
  private final BiConsumer<String, LeaderInfo> leaderSaid;

  // Guarded by this.
  private final Set<String> asked = new HashSet<>();
  private boolean scheduled;
  private volatile long askedNanos;

  /**
   * @param leaderSaid told the address of a node that answered, and whom it names as leader
   */
  MemberWatch(
      Nodes nodes,
      ClusterIdentity identity,
      ClientThreads threads,
      BiConsumer<String, LeaderInfo> leaderSaid) {
    this.nodes = nodes;
    this.identity = identity;
    this.threads = threads;
    this.leaderSaid = leaderSaid;
    // The first search for a leader asks the same things; so the first round may wait.
    this.askedNanos = System.nanoTime();
  }

  /** The client is in use. */
  void used() {
    if (System.nanoTime() - askedNanos >= PERIOD.toNanos()) {
      askSoon();
    }
  }

  /** What is known may be wrong: a node is gone, or a new one was heard of. */
  void doubt() {
    askSoon();
  }

  private void askSoon() {
    long pause;
    synchronized (this) {
      if (scheduled) {
        return;
      }
      scheduled = true;
      pause = Math.max(0, askedNanos + PAUSE.toNanos() - System.nanoTime());
    }
    // Not once the client's threads have ended: then this stays scheduled, and nobody tries again.
    threads.later(this::askAll, pause);
  }

  private void askAll() {
    synchronized (this) {
      scheduled = false;
      askedNanos = System.nanoTime();
    }
    for (Node node : nodes.known()) {
      if (node.rests()) {
        continue;
      }
      boolean free;
      synchronized (this) {
        free = asked.add(node.address());
      }
      if (free) {
        new Question(node).send();
      }
    }
  }

  /**
   * A node has answered, here or in a search for the leader.
   *
   * @return whether it is one of this cluster, so that it counts what it says
   */
  boolean answered(Node node, FindLeaderResponse answer) {
    String cluster = ValueCodec.clusterId(answer.getClusterId());
    if (!identity.isOwn(node.address(), node.isSeed(), cluster)) {
      failed(node);
      return false;
    }
    if (nodes.answered(node, answer.getAnsweringNode(), MemberList.of(answer))) {
      doubt();
    }
    return true;
  }

  /** A node that was asked has not answered. */
  void failed(Node node) {
    if (nodes.didNotAnswer(node)) {
      doubt();
    }
  }

  private final class Question implements StreamObserver<FindLeaderResponse> {
    private final Node node;

    Question(Node node) {
      this.node = node;
    }

    void send() {
      Rpc.FIND_LEADER.send(
          node.channel(),
          CallOptions.DEFAULT.withDeadlineAfter(ANSWER_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS),
          FindLeaderRequest.getDefaultInstance(),
          this);
    }

    @Override
    public void onNext(FindLeaderResponse answer) {
      if (answered(node, answer)) {
        leaderSaid.accept(node.address(), ValueCodec.leader(answer.getLeader()));
      }
    }

    @Override
    public void onError(Throwable failure) {
      ended();
      if (Verdict.of(failure) instanceof Verdict.Again again && again.mayHaveHappened()) {
        node.markFailed();
        if (again.reason() == Verdict.Reason.SILENT) {
          node.reconnect();
        }
      }
      failed(node);
    }

    @Override
    public void onCompleted() {
      ended();
    }

    private void ended() {
      synchronized (MemberWatch.this) {
        asked.remove(node.address());
      }
    }
  }
}
