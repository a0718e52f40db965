package io.troika.client.internal.connection;

import static io.troika.client.internal.Checks.requireState;

import io.troika.client.LeaderInfo;
import io.troika.client.ReadPreference;
import io.troika.client.internal.ClientSettings;
import io.troika.client.internal.Listeners;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The cluster as the rest of the client sees it: something that answers calls, whoever leads. Safe
 * for any thread.
 */
public final class Cluster {
  /** How often calls under way are looked after; an idle client does nothing. */
  private static final Duration SWEEP_PAUSE = Duration.ofMillis(20);

  private final ClientSettings settings;
  private final Listeners listeners;
  private final ClientThreads threads;
  private final Nodes nodes;
  private final ClusterIdentity identity = new ClusterIdentity();
  private final MemberWatch members;
  private final GroupLeaders leaders;
  private final RetryTokens tokens;
  private final Set<RetryLoop<?, ?>> active = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean sweeping = new AtomicBoolean();
  private final AtomicInteger turns = new AtomicInteger();
  private final CallContext context = new Context();
  private final CallTracing tracing;
  private volatile boolean closed;

  /** Connects to nobody yet. */
  public Cluster(ClientSettings settings, Listeners listeners, ClientThreads threads) {
    this.settings = settings;
    this.listeners = listeners;
    this.threads = threads;
    tracing = new CallTracing(settings.telemetry());
    nodes =
        new Nodes(
            settings.endpoints(), settings.tls(), settings.token(), threads.names(), listeners);
    members = new MemberWatch(nodes, identity, threads, this::hinted);
    leaders = new GroupLeaders(this::tracker);
    tokens = new RetryTokens(settings.retryBudget(), System.nanoTime());
  }

  private LeaderTracker tracker(String group) {
    LeaderSearch search =
        new LeaderSearch(
            group,
            nodes,
            members,
            threads,
            this::hinted,
            (from, hint) -> leaders.ofGroup(group).upheld(from, hint),
            listeners);
    return new LeaderTracker(search, nodes::asReached, listeners);
  }

  /** An ordinary plan with the client's time-outs. */
  public CallPlan plan() {
    return CallPlan.within(settings.timing().call(), settings.timing().attempt());
  }

  /** Makes a call. The future completes on a thread of ours: never block in it. */
  public <Q, R> CompletableFuture<R> call(Rpc<Q, R> rpc, Q request, CallPlan plan) {
    requireState(!closed, "the client is closed");
    members.used();
    RetryLoop<Q, R> loop = new RetryLoop<>(context, rpc, request, plan);
    active.add(loop);
    CompletableFuture<R> result = loop.start();
    if (closed) {
      loop.end("the client was closed");
    } else {
      startSweep();
    }
    return result;
  }

  /** As the other, with the client's time-outs. */
  public <Q, R> CompletableFuture<R> call(Rpc<Q, R> rpc, Q request) {
    return call(rpc, request, plan());
  }

  /** Whether calls are refused, because the client was closed. */
  public boolean isClosed() {
    return closed;
  }

  /** The leader that is followed, of the group that the cluster begins with. */
  public LeaderInfo leader() {
    return leaders.main().current();
  }

  /** Someone says who leads. */
  public void hinted(String from, LeaderInfo hint) {
    leaders.hinted(from, hint);
  }

  GroupLeaders leaders() {
    return leaders;
  }

  Nodes nodes() {
    return nodes;
  }

  MemberWatch members() {
    return members;
  }

  ClientThreads threads() {
    return threads;
  }

  /** Ends all calls, channels and event loops, and waits, bounded, until they are gone. */
  public void close() throws InterruptedException {
    closed = true;
    leaders.close();
    for (RetryLoop<?, ?> call : active) {
      call.end("the client was closed");
    }
    nodes.close();
  }

  private void startSweep() {
    if (sweeping.compareAndSet(false, true)) {
      scheduleSweep();
    }
  }

  private void scheduleSweep() {
    context.later(this::sweep, SWEEP_PAUSE.toNanos());
  }

  private void sweep() {
    long now = System.nanoTime();
    for (RetryLoop<?, ?> call : active) {
      call.sweep(now);
    }
    if (!active.isEmpty()) {
      scheduleSweep();
      return;
    }
    sweeping.set(false);
    if (!active.isEmpty()) {
      startSweep();
    }
  }

  private final class Context implements CallContext {
    @Override
    public Nodes nodes() {
      return nodes;
    }

    @Override
    public GroupLeaders leaders() {
      return leaders;
    }

    @Override
    public MemberWatch members() {
      return members;
    }

    @Override
    public Optional<String> refusal() {
      return identity.refusal();
    }

    @Override
    public RetryTokens tokens() {
      return tokens;
    }

    @Override
    public CallTracing tracing() {
      return tracing;
    }

    @Override
    public Listeners listeners() {
      return listeners;
    }

    @Override
    public long hedgeNanos() {
      return settings.timing().hedge().toNanos();
    }

    @Override
    public int firstTurn() {
      return settings.readPreference() == ReadPreference.ANY
          ? turns.getAndIncrement() & Integer.MAX_VALUE
          : 0;
    }

    @Override
    public Node anyNode(CallPlan plan, int turn) {
      List<Node> all = nodes.all();
      Way leader = leaders.of(plan).way();
      if (settings.readPreference() == ReadPreference.FOLLOWER) {
        return followerFirst(all, leader.leader(), turn);
      }
      boolean leaderFirst = settings.readPreference() == ReadPreference.LEADER;
      if (leaderFirst && leader.isKnown() && turn % (all.size() + 1) == 0) {
        return nodes.at(leader.address());
      }
      return all.get(Math.floorMod(turn, all.size()));
    }

    private static Node followerFirst(List<Node> all, LeaderInfo leader, int turn) {
      List<Node> order = new ArrayList<>(all);
      // Stable: the others keep their places, the leader goes behind them.
      order.sort(Comparator.comparing(node -> node.address().equals(leader.address())));
      return order.get(Math.floorMod(turn, order.size()));
    }

    @Override
    public void later(Runnable task, long nanos) {
      // Only a closed client has no timer, and that has ended or will end every call by itself.
      requireState(threads.later(task, nanos) || closed, "the timer ended before the client");
    }

    @Override
    public void ended(RetryLoop<?, ?> call, Runnable waiter) {
      active.remove(call);
      leaders.forget(waiter);
    }
  }
}
