package io.troika.client.internal.connection;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.troika.api.v1.ObjectStoreGrpc;
import io.troika.api.v1.WatchEvent;
import io.troika.api.v1.WatchRequest;
import io.troika.client.LeaderInfo;
import io.troika.client.internal.codec.FeedEvent;
import io.troika.client.internal.codec.MalformedAnswerException;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a watch of one storage open: to the leader while one is known, because it is never behind,
 * else to any node; opens it again when it ends, falls silent, or another node leads. The only call
 * without a deadline: heartbeats are its sign of life.
 *
 * <p>Streams are numbered; events of an older stream are dropped. Safe for any thread; events are
 * handed on in order, with this object's lock held, so the sink may take its own lock but calls
 * nobody; what it wants to be done is done without any lock.
 */
public final class WatchStream {
  /** Heartbeats come each second. */
  private static final Duration SILENCE_MAX = Duration.ofSeconds(3);

  private static final Duration LOOK_PAUSE = Duration.ofSeconds(1);

  private static final Backoff PAUSES =
      new Backoff(Duration.ofMillis(5), 1.6, Duration.ofSeconds(1));

  private final Cluster cluster;
  private final String storage;
  private final Function<FeedEvent, Runnable> sink;
  private final Consumer<LeaderInfo> leaderChanged = this::leaderChanged;
  private @Nullable Stream current;
  private long lastEventNanos;
  private int failures;
  private int turn;
  private boolean started;
  private boolean closed;

  /**
   * @param sink told of events, first a {@link FeedEvent.Position}, and of {@link FeedEvent.Lost}
   *     whenever a stream ends for whatever reason; answers what to do about it
   */
  public WatchStream(Cluster cluster, String storage, Function<FeedEvent, Runnable> sink) {
    this.cluster = cluster;
    this.storage = storage;
    this.sink = sink;
  }

  /** Begins; does nothing when it has begun already. */
  public void start() {
    synchronized (this) {
      if (started || closed) {
        return;
      }
      started = true;
    }
    cluster.leaders().follow(storage, leaderChanged);
    connect();
    look();
  }

  /** Opens another stream, as if this one had ended: the sink can't go on with it. */
  public void restart(String why) {
    Stream stream;
    synchronized (this) {
      stream = current;
    }
    if (stream != null) {
      ended(stream, why);
    }
  }

  /** Whether events come, as far as can be known now. */
  public synchronized boolean isAlive() {
    return current != null && System.nanoTime() - lastEventNanos < SILENCE_MAX.toNanos();
  }

  /** Ends the watch for good. */
  public void close() {
    Stream stream;
    synchronized (this) {
      closed = true;
      stream = current;
      current = null;
    }
    cluster.leaders().unfollow(storage, leaderChanged);
    if (stream != null) {
      stream.cancel();
    }
  }

  private void connect() {
    Stream stream;
    synchronized (this) {
      if (closed || current != null) {
        return;
      }
      Way leader = cluster.leaders().ofStorage(storage).way();
      List<Node> all = cluster.nodes().all();
      Node node =
          leader.isKnown() && failures < all.size()
              ? cluster.nodes().at(leader.address())
              : all.get(turn++ % all.size());
      stream = new Stream(node);
      current = stream;
      lastEventNanos = System.nanoTime();
    }
    stream.open();
    if (!isCurrent(stream)) {
      stream.cancel();
    }
  }

  private void leaderChanged(LeaderInfo leader) {
    Stream stream;
    synchronized (this) {
      stream = current;
      if (stream != null && stream.node.address().equals(leader.address())) {
        return;
      }
      failures = 0;
    }
    if (stream == null) {
      connect();
    } else {
      ended(stream, leader.address() + " leads now");
    }
  }

  private void look() {
    Stream silent = null;
    synchronized (this) {
      if (closed) {
        return;
      }
      if (current != null && System.nanoTime() - lastEventNanos > SILENCE_MAX.toNanos()) {
        silent = current;
      }
    }
    cluster.members().used();
    if (silent != null) {
      cluster.leaders().ofStorage(storage).suspect(silent.node.address(), System.nanoTime());
      ended(silent, silent.node.address() + " is silent");
    }
    // Not once the client's threads have ended, and with them this watch.
    cluster.threads().later(this::look, LOOK_PAUSE.toNanos());
  }

  private void received(Stream stream, WatchEvent message) {
    for (FeedEvent event : FeedEvent.of(message)) {
      if (event instanceof FeedEvent.Lost lost) {
        ended(stream, lost.reason());
      } else {
        received(stream, event);
      }
    }
  }

  private void received(Stream stream, FeedEvent event) {
    Runnable after;
    synchronized (this) {
      if (current != stream) {
        return;
      }
      lastEventNanos = System.nanoTime();
      if (!(event instanceof FeedEvent.Position)) {
        failures = 0; // it is of use; that it was opened does not say so
      }
      after = sink.apply(event);
    }
    after.run();
    if (event instanceof FeedEvent.Position position) {
      cluster.leaders().learn(storage, position.leader());
      cluster.hinted(stream.node.address(), position.leader());
    } else if (event instanceof FeedEvent.Leader changed) {
      cluster.hinted(stream.node.address(), changed.leader());
    }
  }

  private void ended(Stream stream, String why) {
    ended(stream, why, Duration.ZERO);
  }

  private void ended(Stream stream, String why, Duration notBefore) {
    long pause;
    Runnable after;
    synchronized (this) {
      if (current != stream) {
        return;
      }
      current = null;
      pause = Math.max(failures == 0 ? 0 : PAUSES.nanos(failures), notBefore.toNanos());
      failures++;
      after = sink.apply(new FeedEvent.Lost(why));
    }
    after.run();
    stream.cancel();
    if (pause == 0) {
      connect();
    } else {
      cluster.threads().later(this::connect, pause);
    }
  }

  private synchronized boolean isCurrent(Stream stream) {
    return current == stream;
  }

  private final class Stream implements StreamObserver<WatchEvent> {
    private final Node node;
    private volatile @Nullable ClientCall<WatchRequest, WatchEvent> call;

    Stream(Node node) {
      this.node = node;
    }

    void open() {
      WatchRequest request = WatchRequest.newBuilder().setStorage(storage).build();
      ClientCall<WatchRequest, WatchEvent> opened =
          node.channel().newCall(ObjectStoreGrpc.getWatchMethod(), CallOptions.DEFAULT);
      ClientCalls.asyncServerStreamingCall(opened, request, this);
      // Only now may anyone cancel it; whoever came too early is made up for by connect().
      call = opened;
    }

    void cancel() {
      ClientCall<WatchRequest, WatchEvent> opened = call;
      if (opened != null) {
        opened.cancel("the watch goes on elsewhere", null);
      }
    }

    @Override
    public void onNext(WatchEvent event) {
      try {
        received(this, event);
      } catch (MalformedAnswerException e) {
        ended(this, "an event breaks the protocol: " + e.getMessage());
      }
    }

    @Override
    public void onError(Throwable thrown) {
      boolean mine = isCurrent(this);
      Duration notBefore = Duration.ZERO;
      if (mine && Verdict.of(thrown) instanceof Verdict.Again again) {
        if (again.mayHaveHappened() && isConnectionLost(thrown)) {
          // Noticed before any call could: the search for the next leader begins now.
          node.markFailed();
          cluster.members().doubt();
          cluster.leaders().lost(node.address());
        }
        cluster.leaders().learn(storage, again.leader());
        cluster.hinted(node.address(), again.leader());
        notBefore = again.notBefore();
      }
      ended(this, node.address() + ": " + thrown.getMessage(), notBefore);
    }

    private static boolean isConnectionLost(Throwable thrown) {
      return thrown instanceof StatusRuntimeException failure
          && failure.getStatus().getCode() == Status.Code.UNAVAILABLE;
    }

    @Override
    public void onCompleted() {
      ended(this, node.address() + " ended the watch");
    }
  }
}
