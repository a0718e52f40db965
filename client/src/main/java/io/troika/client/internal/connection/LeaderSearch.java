package io.troika.client.internal.connection;

import io.grpc.CallOptions;
import io.grpc.stub.StreamObserver;
import io.troika.api.v1.GetClusterStatusRequest;
import io.troika.api.v1.GetStorageRequest;
import io.troika.api.v1.LeaderHint;
import io.troika.client.LeaderInfo;
import io.troika.client.UnknownStorageException;
import io.troika.client.internal.Listeners;
import io.troika.client.internal.codec.ValueCodec;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * Asks all nodes who leads, again and again, until it is stopped. One search serves all callers who
 * wait for a leader, so it may ask often: an election is over in some hundred milliseconds, and
 * each pause here is added to the gap that users see. At most one question is under way to each
 * node, so a node that hangs costs nothing but its place.
 */
final class LeaderSearch implements LeaderTracker.Search {
  /** 5 ms, growing to 25 ms within the time of an election, and to 250 ms in a long outage. */
  static final Backoff PAUSES = new Backoff(Duration.ofMillis(5), 1.25, Duration.ofMillis(25));

  static final Backoff LONG_PAUSES =
      new Backoff(Duration.ofMillis(25), 1.1, Duration.ofMillis(250));

  private static final int SHORT_ROUNDS = 200;
  private static final Duration QUESTION_TIMEOUT = Duration.ofMillis(500);

  private final Nodes nodes;
  private final ClientThreads threads;
  private final BiConsumer<String, LeaderInfo> found;
  private final Listeners listeners;
  private final Set<String> asked = ConcurrentHashMap.newKeySet();
  private volatile String storage = "main";

  /** Guarded by this: the number of the search that is on, 0 if none. */
  private long running;

  private long startedNanos;

  /**
   * @param found told the address of the node that answered, and what it said
   */
  LeaderSearch(
      Nodes nodes,
      ClientThreads threads,
      BiConsumer<String, LeaderInfo> found,
      Listeners listeners) {
    this.nodes = nodes;
    this.threads = threads;
    this.found = found;
    this.listeners = listeners;
  }

  /** The storage in whose name nodes are asked; any that exists. */
  void askFor(String storage) {
    this.storage = storage;
  }

  @Override
  public synchronized void start() {
    if (running == 0) {
      running = listeners.nextNumber();
      startedNanos = System.nanoTime();
      long search = running;
      listeners.tell(listener -> listener.leaderSearchStarted(search));
      schedule(search, 0, 0);
    }
  }

  @Override
  public synchronized void stop(LeaderInfo found) {
    if (running != 0) {
      long search = running;
      Duration took = Duration.ofNanos(System.nanoTime() - startedNanos);
      running = 0;
      listeners.tell(listener -> listener.leaderSearchFinished(search, took, found));
    }
  }

  private void schedule(long search, int round, long pauseNanos) {
    if (!threads.later(() -> round(search, round), pauseNanos)) {
      // The client was closed meanwhile, and with it everyone who waits for this search.
      stop(LeaderInfo.NONE);
    }
  }

  private void round(long search, int round) {
    synchronized (this) {
      if (running != search) {
        return;
      }
    }
    nodes.all().forEach(this::ask);
    Backoff pauses = round < SHORT_ROUNDS ? PAUSES : LONG_PAUSES;
    schedule(search, round + 1, pauses.nanos(round < SHORT_ROUNDS ? round : round - SHORT_ROUNDS));
  }

  private void ask(Node node) {
    if (asked.add(node.address())) {
      GetStorageRequest request = GetStorageRequest.newBuilder().setStorage(storage).build();
      Rpc.GET_STORAGE.send(
          node.channel(),
          options(),
          request,
          new Answer<>(node, answer -> answer.getLeader(), () -> askForStatus(node)));
    }
  }

  /** For a cluster, or a name, without a storage. Slower: the node asks its peers first. */
  private void askForStatus(Node node) {
    if (asked.add(node.address())) {
      Rpc.CLUSTER_STATUS.send(
          node.channel(),
          options(),
          GetClusterStatusRequest.getDefaultInstance(),
          new Answer<>(node, answer -> answer.getLeader(), () -> {}));
    }
  }

  private static CallOptions options() {
    return CallOptions.DEFAULT.withDeadlineAfter(
        QUESTION_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** What one node answers; says nothing when it fails, the next round asks again. */
  private final class Answer<R> implements StreamObserver<R> {
    private final Node node;
    private final Function<R, LeaderHint> hint;
    private final Runnable withoutStorage;

    Answer(Node node, Function<R, LeaderHint> hint, Runnable withoutStorage) {
      this.node = node;
      this.hint = hint;
      this.withoutStorage = withoutStorage;
    }

    @Override
    public void onNext(R answer) {
      LeaderInfo leader = ValueCodec.leader(hint.apply(answer));
      node.said(leader.isKnown() ? "names " + leader.address() : "knows no leader");
      found.accept(node.address(), leader);
    }

    @Override
    public void onError(Throwable failure) {
      asked.remove(node.address());
      Verdict verdict = Verdict.of(failure);
      if (verdict instanceof Verdict.Again again) {
        node.said(again.text());
        if (again.mayHaveHappened()) {
          node.markFailed();
        }
        found.accept(node.address(), again.leader());
      } else if (verdict instanceof Verdict.Final last
          && last.failure() instanceof UnknownStorageException) {
        withoutStorage.run();
      }
    }

    @Override
    public void onCompleted() {
      asked.remove(node.address());
    }
  }
}
