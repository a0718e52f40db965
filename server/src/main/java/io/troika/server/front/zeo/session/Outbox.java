package io.troika.server.front.zeo.session;

import static io.troika.server.core.model.Checks.checkInvariant;

import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.front.zeo.wire.Wire;
import io.troika.server.front.zeo.wire.ZeoConnection;
import io.troika.server.front.zeo.wire.ZeoMessage;
import io.troika.server.service.feed.FeedClient;
import io.troika.server.service.feed.FeedEvent;
import io.troika.server.service.feed.FeedEvent.Committed;
import io.troika.server.service.feed.FeedEvent.Lost;
import io.troika.server.service.feed.FeedEvent.Position;
import io.troika.server.service.feed.FeedSubscriber;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The one place where the messages of a connection get their order. It stands at a position in the
 * commit order: the transaction up to which the client has been told everything. Only the feed
 * moves it, and moving it and sending the invalidation is one step; an answer about the state is
 * sent only while the position is the one that it was computed at (see DESIGN.md).
 *
 * <p>Safe for any thread. The connection keeps the order in which messages are handed to it under
 * this monitor, and never blocks. What is called under the monitor may read the disk once; it takes
 * no lock under which anybody sends here.
 */
public final class Outbox implements FeedSubscriber {
  private final ZeoConnection connection;
  private final Executor executor;
  private final Consumer<StorageState> onStart;
  private final Predicate<String> allowed;

  private @Nullable Tid position; // guarded by this; null before the first event of the feed
  private @Nullable OwnCommit own; // guarded by this
  private final TreeMap<Tid, List<CompletableFuture<Void>>> waiting = new TreeMap<>(); // by this
  private boolean closed; // guarded by this

  /**
   * The transaction that this connection commits: in place of an invalidation its client gets what
   * {@code messages} makes of the tid.
   */
  public record OwnCommit(TransactionId id, Function<Tid, List<ZeoMessage>> messages) {}

  /**
   * Not started: the subscription to the feed does that.
   *
   * @param executor continues what waited for a position
   * @param onStart told the state at the first position, under the monitor
   * @param allowed whether the client has the rights that it registered with, by the storage's name
   */
  public Outbox(
      ZeoConnection connection,
      Executor executor,
      Consumer<StorageState> onStart,
      Predicate<String> allowed) {
    this.connection = connection;
    this.executor = executor;
    this.onStart = onStart;
    this.allowed = allowed;
  }

  // ---- The feed moves it.

  @Override
  public FeedClient client() {
    return FeedClient.at("zeo", connection.remoteAddress());
  }

  @Override
  public Executor thread() {
    return connection.thread();
  }

  @Override
  public boolean isAllowed(String storage) {
    return allowed.test(storage);
  }

  @Override
  public boolean isReady() {
    return connection.isWritable();
  }

  @Override
  public void deliver(FeedEvent event) {
    try {
      take(event);
    } catch (RuntimeException e) {
      // Without its feed the client would believe for ever that nothing happens.
      connection.close("an event of the storage could not be passed on: " + e);
      throw e;
    }
  }

  private void take(FeedEvent event) {
    if (event instanceof Position start) {
      synchronized (this) {
        position = start.storage().lastTid();
        onStart.accept(start.storage());
      }
    } else if (event instanceof Committed committed) {
      committed.transactions().forEach(transaction -> wake(advance(transaction)));
    } else if (event instanceof Lost lost) {
      connection.close("events of the storage were lost: " + lost.reason());
    }
  }

  private synchronized List<CompletableFuture<Void>> advance(FeedEvent.Transaction committed) {
    Tid tid = committed.tid();
    checkInvariant(
        position != null && tid.compareTo(position) > 0,
        "transaction %s was announced at position %s",
        tid,
        position);
    if (closed) {
      return List.of();
    }
    OwnCommit mine = own;
    if (mine != null && mine.id().equals(committed.id())) {
      own = null;
      mine.messages().apply(tid).forEach(connection::send);
    } else {
      connection.send(invalidation(tid, committed.oids()));
    }
    position = tid;
    return take(tid);
  }

  private static ZeoMessage invalidation(Tid tid, List<Oid> oids) {
    List<@Nullable Object> list = new ArrayList<>(oids.size());
    oids.forEach(oid -> list.add(Wire.bytes(oid)));
    return ZeoMessage.oneWay("invalidateTransaction", Wire.bytes(tid), list);
  }

  private List<CompletableFuture<Void>> take(Tid reached) {
    if (waiting.isEmpty()) {
      return List.of();
    }
    List<CompletableFuture<Void>> served = new ArrayList<>();
    var upTo = waiting.headMap(reached, true);
    upTo.values().forEach(served::addAll);
    upTo.clear();
    return served;
  }

  private void wake(List<CompletableFuture<Void>> served) {
    // Not here: what follows reads, and the feed has other connections to serve.
    served.forEach(each -> executor.execute(() -> each.complete(null)));
  }

  // ---- Answers follow it.

  public synchronized boolean isClosed() {
    return closed;
  }

  /** The transaction up to which the client was told everything; {@link Tid#NONE} before all. */
  public synchronized Tid position() {
    return position == null ? Tid.NONE : position;
  }

  /**
   * Completes once everything up to {@code tid}, which this node has applied, was told to the
   * client: at once, or on the executor. Fails when the connection closes.
   */
  public CompletableFuture<Void> reach(Tid tid) {
    synchronized (this) {
      if (closed) {
        return CompletableFuture.failedFuture(new ConnectionClosedException());
      }
      if (position != null && tid.compareTo(position) <= 0) {
        return CompletableFuture.completedFuture(null);
      }
      CompletableFuture<Void> reached = new CompletableFuture<>();
      waiting.computeIfAbsent(tid, key -> new ArrayList<>(1)).add(reached);
      return reached;
    }
  }

  /** Sends an answer that is right at {@code computedAt} only; false if that is over. */
  public synchronized boolean sendAt(Tid computedAt, ZeoMessage message) {
    if (!computedAt.equals(position)) {
      return false;
    }
    send(message);
    return true;
  }

  /** Sends an answer computed for the present position, which stands still meanwhile. */
  public synchronized void sendComputed(Function<Tid, ZeoMessage> message) {
    if (!closed) {
      send(message.apply(position()));
    }
  }

  /** Sends what is right at any position. */
  public synchronized void send(ZeoMessage message) {
    if (!closed) {
      connection.send(message);
    }
  }

  /** From now on this transaction is the connection's own. To be called before it is submitted. */
  public synchronized void expect(OwnCommit commit) {
    own = commit;
  }

  /** It will not be committed after all; false if it was. */
  public synchronized boolean withdraw(OwnCommit commit) {
    boolean expected = own != null && own.id().equals(commit.id());
    own = expected ? null : own;
    return expected;
  }

  /** Sends nothing more; whoever waits for a position fails. */
  public void close() {
    List<CompletableFuture<Void>> failed = new ArrayList<>();
    synchronized (this) {
      closed = true;
      own = null;
      waiting.values().forEach(failed::addAll);
      waiting.clear();
    }
    failed.forEach(
        each ->
            executor.execute(() -> each.completeExceptionally(new ConnectionClosedException())));
  }
}
