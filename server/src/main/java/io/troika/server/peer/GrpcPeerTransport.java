package io.troika.server.peer;

import io.troika.server.config.HostAndPort;
import io.troika.server.core.model.LogPosition;
import io.troika.server.peer.v1.Answer;
import io.troika.server.peer.v1.FindsDeadQuestion;
import io.troika.server.peer.v1.Hello;
import io.troika.server.peer.v1.IntroductionQuestion;
import io.troika.server.peer.v1.Question;
import io.troika.server.peer.v1.StateQuestion;
import io.troika.server.raft.peers.PeerIntroduction;
import io.troika.server.raft.peers.PeerTransport;
import io.troika.server.raft.threads.TaskTimer;
import io.troika.server.service.ports.VotedTransaction;
import io.troika.server.tls.NodeTls;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Asks the peers of this node over gRPC; the other end is {@link GrpcPeerServer}. Keeps one idle
 * connection to each peer. Threads are few and its own; a peer that hangs costs only those who ask
 * it. Futures are completed on the network's threads.
 */
public final class GrpcPeerTransport implements PeerTransport {
  /** How a question names the group that a cluster begins with, so that older nodes understand. */
  private static final String MAIN = "";

  private static final int FETCHES_MAX = 2;
  private static final int FETCHES_WAITING_MAX = 4;

  private final String nodeId;
  private final PeerSettings settings;
  private final PeerNetwork network;
  private final ScheduledThreadPoolExecutor timerThread;
  private final TaskTimer timer;
  private final DeathProbe probe;
  private final ThreadPoolExecutor fetches;
  private final Map<String, PeerLink> links = new ConcurrentHashMap<>();
  private final List<Consumer<String>> lostListeners = new CopyOnWriteArrayList<>();
  private final CompletableFuture<String> firstCaller = new CompletableFuture<>();
  private volatile boolean closed;

  /**
   * Connects to all peers from now on.
   *
   * @param nodeId this node's own id, which it tells its peers
   * @param peers the peer addresses of the others, by node id; this node's own is ignored
   */
  public GrpcPeerTransport(
      String nodeId, Map<String, HostAndPort> peers, PeerSettings settings, NodeTls tls) {
    this.nodeId = nodeId;
    this.settings = settings;
    this.network = new PeerNetwork("peer-client-" + nodeId, tls);
    this.timerThread = new ScheduledThreadPoolExecutor(1, threads("peer-timer-" + nodeId));
    timerThread.setRemoveOnCancelPolicy(true);
    timerThread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    // Once closed, nothing needs to happen later any more.
    timerThread.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
    this.timer = TaskTimer.over(timerThread);
    this.probe = new DeathProbe(timer, threads("peer-probe-" + nodeId));
    this.fetches =
        new ThreadPoolExecutor(
            FETCHES_MAX,
            FETCHES_MAX,
            1,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(FETCHES_WAITING_MAX),
            threads("peer-fetch-" + nodeId));
    fetches.allowCoreThreadTimeOut(true);
    setPeers(peers);
  }

  static ThreadFactory threads(String name) {
    return task -> {
      Thread thread = new Thread(task, name);
      thread.setDaemon(true);
      return thread;
    };
  }

  /** Does nothing once it is closed. */
  @Override
  public synchronized void setPeers(Map<String, HostAndPort> peers) {
    if (closed) {
      return;
    }
    links.forEach(
        (peer, link) -> {
          if (!link.address().equals(peers.get(peer))) {
            links.remove(peer);
            link.close();
          }
        });
    peers.forEach(
        (peer, address) -> {
          if (!peer.equals(nodeId) && !links.containsKey(peer)) {
            PeerLink link =
                new PeerLink(helloTo(peer), address, network, settings, timer, this::lost);
            links.put(peer, link);
            link.start();
          }
        });
  }

  @Override
  public void heardFrom(String peer) {
    firstCaller.complete(peer);
  }

  /** Completes with the first node that calls this one; never fails. */
  public CompletableFuture<String> firstCaller() {
    return firstCaller.copy();
  }

  private Hello helloTo(String peer) {
    return Hello.newBuilder().setFrom(nodeId).setTo(peer).build();
  }

  private void lost(String peer) {
    lostListeners.forEach(listener -> listener.accept(peer));
  }

  /** Whether the idle connection to {@code peer} is established. */
  public boolean isConnected(String peer) {
    PeerLink link = links.get(peer);
    return link != null && link.isUp();
  }

  @Override
  public CompletableFuture<PeerState> state(String peer, Duration timeout) {
    return state(MAIN, peer, timeout);
  }

  private CompletableFuture<PeerState> state(String group, String peer, Duration timeout) {
    PeerLink link = links.get(peer);
    if (link == null) {
      return unknown(peer);
    }
    return link.ask(
            Question.newBuilder().setState(StateQuestion.newBuilder().setGroup(group)), timeout)
        .thenCompose(
            answer ->
                answer.hasState()
                    ? CompletableFuture.completedFuture(Messages.fromMessage(answer.getState()))
                    : unfit(peer, answer));
  }

  @Override
  public CompletableFuture<PeerIntroduction> introduction(String peer, Duration timeout) {
    return introduction(MAIN, peer, timeout);
  }

  private CompletableFuture<PeerIntroduction> introduction(
      String group, String peer, Duration timeout) {
    PeerLink link = links.get(peer);
    if (link == null) {
      return unknown(peer);
    }
    return link.ask(
            Question.newBuilder()
                .setIntroduction(IntroductionQuestion.newBuilder().setGroup(group)),
            timeout)
        .thenCompose(
            answer ->
                answer.hasIntroduction()
                    ? CompletableFuture.completedFuture(
                        Introductions.fromMessage(answer.getIntroduction()))
                    : unfit(peer, answer));
  }

  @Override
  public CompletableFuture<Void> keepVotes(
      String peer, long term, List<VotedTransaction> voted, Duration timeout) {
    return keepVotes(MAIN, peer, term, voted, timeout);
  }

  private CompletableFuture<Void> keepVotes(
      String group, String peer, long term, List<VotedTransaction> voted, Duration timeout) {
    PeerLink link = links.get(peer);
    if (link == null) {
      return unknown(peer);
    }
    return link.ask(
            Question.newBuilder().setKeepVotes(Votes.toMessage(group, term, voted)), timeout)
        .thenCompose(
            answer ->
                answer.hasVotesKept()
                    ? CompletableFuture.completedFuture(null)
                    : unfit(peer, answer));
  }

  @Override
  public CompletableFuture<Boolean> findsDead(String witness, String suspect, Duration timeout) {
    PeerLink link = links.get(witness);
    if (link == null) {
      return unknown(witness);
    }
    FindsDeadQuestion question =
        FindsDeadQuestion.newBuilder()
            .setSuspect(suspect)
            .setTimeoutMs((int) Math.min(timeout.toMillis(), DeathProbe.TIMEOUT_MAX.toMillis()))
            .build();
    return link.ask(Question.newBuilder().setFindsDead(question), timeout)
        .thenCompose(
            answer ->
                answer.hasFindsDead()
                    ? CompletableFuture.completedFuture(answer.getFindsDead().getDead())
                    : unfit(witness, answer));
  }

  @Override
  public CompletableFuture<Boolean> probeDead(String suspect, Duration timeout) {
    PeerLink link = links.get(suspect);
    return link == null ? unknown(suspect) : probe.refuses(link.address(), timeout);
  }

  @Override
  public void onConnectionLost(Consumer<String> listener) {
    lostListeners.add(listener);
  }

  @Override
  public CompletableFuture<LogPosition> fetchCheckpoint(String peer, Path into, Duration timeout) {
    return fetchCheckpoint(MAIN, peer, into, timeout);
  }

  private CompletableFuture<LogPosition> fetchCheckpoint(
      String group, String peer, Path into, Duration timeout) {
    @Nullable PeerLink link = links.get(peer);
    if (link == null) {
      return unknown(peer);
    }
    CompletableFuture<LogPosition> fetched = new CompletableFuture<>();
    CheckpointFetch fetch =
        new CheckpointFetch(
            helloTo(peer), group, network.channel(link.address()), into, timeout, fetched);
    try {
      fetches.execute(fetch);
    } catch (RejectedExecutionException busy) {
      fetch.abandon(new IOException("too many checkpoints are being fetched", busy));
    }
    return fetched;
  }

  @Override
  public PeerTransport inGroup(String group) {
    return new InGroup(group);
  }

  /** The same connections, with other questions. */
  private final class InGroup implements PeerTransport {
    private final String group;

    InGroup(String group) {
      this.group = group;
    }

    @Override
    public CompletableFuture<PeerState> state(String peer, Duration timeout) {
      return GrpcPeerTransport.this.state(group, peer, timeout);
    }

    @Override
    public CompletableFuture<PeerIntroduction> introduction(String peer, Duration timeout) {
      return GrpcPeerTransport.this.introduction(group, peer, timeout);
    }

    @Override
    public CompletableFuture<LogPosition> fetchCheckpoint(
        String peer, Path into, Duration timeout) {
      return GrpcPeerTransport.this.fetchCheckpoint(group, peer, into, timeout);
    }

    @Override
    public CompletableFuture<Void> keepVotes(
        String peer, long term, List<VotedTransaction> voted, Duration timeout) {
      return GrpcPeerTransport.this.keepVotes(group, peer, term, voted, timeout);
    }

    @Override
    public CompletableFuture<Boolean> findsDead(String witness, String suspect, Duration timeout) {
      return GrpcPeerTransport.this.findsDead(witness, suspect, timeout);
    }

    @Override
    public CompletableFuture<Boolean> probeDead(String suspect, Duration timeout) {
      return GrpcPeerTransport.this.probeDead(suspect, timeout);
    }

    @Override
    public void onConnectionLost(Consumer<String> listener) {
      GrpcPeerTransport.this.onConnectionLost(listener);
    }

    @Override
    public PeerTransport inGroup(String other) {
      return GrpcPeerTransport.this.inGroup(other);
    }

    @Override
    public void setPeers(Map<String, HostAndPort> addresses) {
      // Said by the part for g0.
    }

    @Override
    public void close() {
      // The connections belong to all groups.
    }
  }

  /** Never to be taken for an answer with default values: term 0 would confirm any leader. */
  private static <T> CompletableFuture<T> unfit(String peer, Answer answer) {
    return CompletableFuture.failedFuture(
        new IOException(
            "peer %s: its answer %s does not fit the question"
                .formatted(peer, answer.getSaidCase())));
  }

  private <T> CompletableFuture<T> unknown(String peer) {
    return CompletableFuture.failedFuture(
        new IOException("node %s knows no peer %s".formatted(nodeId, peer)));
  }

  @Override
  public synchronized void close() {
    closed = true;
    links.values().forEach(PeerLink::close);
    for (Runnable waiting : fetches.shutdownNow()) {
      ((CheckpointFetch) waiting).abandon(new IOException("this node is being closed"));
    }
    probe.close();
    timerThread.shutdownNow();
    network.close();
  }
}
