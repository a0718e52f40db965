package io.troika.server.front.zeo;

import io.troika.server.front.zeo.session.Call;
import io.troika.server.front.zeo.session.FrontContext;
import io.troika.server.front.zeo.session.Outbox;
import io.troika.server.front.zeo.session.Registration;
import io.troika.server.front.zeo.session.Registration.Registered;
import io.troika.server.front.zeo.session.StorageSession;
import io.troika.server.front.zeo.session.ZeoAccess;
import io.troika.server.front.zeo.wire.ZeoConnection;
import io.troika.server.front.zeo.wire.ZeoHandler;
import io.troika.server.front.zeo.wire.ZeoMessage;
import io.troika.server.front.zeo.wire.ZeoPace;
import io.troika.server.service.feed.FeedSubscription;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One connection, from its first message to its end:
 *
 * <pre>
 *   NEW ──register──▶ REGISTERING ──answered──▶ OPEN ──▶ CLOSED
 *    ▲                    │
 *    └──unknown storage───┘      anything out of turn, and the end of the connection: CLOSED
 * </pre>
 *
 * <p>Messages come one at a time, on the connection's thread; the monitor guards the phase.
 */
final class ZeoSession implements ZeoHandler {
  private enum Phase {
    NEW,
    REGISTERING,
    OPEN,
    CLOSED
  }

  private final FrontContext context;
  private final ZeoConnection connection;
  private final Consumer<ZeoSession> gone;

  /** For what is said before there is a subscription: errors of register. */
  private final Outbox before;

  private Phase phase = Phase.NEW; // guarded by this
  private @Nullable FeedSubscription subscription; // guarded by this
  private @Nullable Outbox outbox; // guarded by this
  private @Nullable StorageSession session; // guarded by this
  private @Nullable MethodTable methods; // guarded by this

  /**
   * @param gone told when the connection is closed
   */
  ZeoSession(FrontContext context, ZeoConnection connection, Consumer<ZeoSession> gone) {
    this.context = context;
    this.connection = connection;
    this.gone = gone;
    this.before = new Outbox(connection, context.executor(), storage -> {}, storage -> true);
  }

  @Override
  public void onMessage(ZeoMessage message) {
    if (message.isReply()) {
      return; // a keep-alive
    }
    Phase now;
    MethodTable table;
    Outbox out;
    synchronized (this) {
      now = phase;
      table = methods;
      out = outbox;
      if (now == Phase.NEW && message.method().equals("register")) {
        phase = Phase.REGISTERING;
      }
    }
    if (now == Phase.OPEN && table != null && out != null && table.has(message.method())) {
      table.dispatch(new Call(message, connection, out));
    } else if (now == Phase.NEW && message.method().equals("register")) {
      register(new Call(message, connection, before));
    } else if (now != Phase.CLOSED) {
      connection.close("method '%s' can't be called here".formatted(shortened(message.method())));
    }
  }

  @Override
  public ZeoPace pace() {
    return ZeoAccess.pace(context.access(), connection);
  }

  private static String shortened(String name) {
    return name.length() <= 40 ? name : name.substring(0, 40) + "…";
  }

  private void register(Call call) {
    try {
      CompletableFuture<?> unused =
          Registration.start(context, connection, call, this::registered, this::refused)
              .thenAccept(this::subscribed);
    } catch (RuntimeException e) {
      refused();
      call.fail(e);
    }
  }

  private synchronized void refused() {
    if (phase == Phase.REGISTERING) {
      phase = Phase.NEW;
    }
  }

  private synchronized void registered(Registered registered) {
    if (phase == Phase.REGISTERING) {
      phase = Phase.OPEN;
      session = registered.session();
      outbox = registered.outbox();
      methods = new MethodTable(registered.session());
      registered.session().statistics().connections.increment();
    }
  }

  private void subscribed(@Nullable FeedSubscription made) {
    if (made == null) {
      return;
    }
    boolean closed;
    synchronized (this) {
      closed = phase == Phase.CLOSED;
      if (!closed) { // the first event, which opens it, may be still to come
        subscription = made;
      }
    }
    if (closed) {
      made.cancel();
    } else {
      made.resume(); // the client may take again what it is sent, and nobody knew whom to tell
    }
  }

  @Override
  public void onWritabilityChanged(boolean writable) {
    FeedSubscription held;
    StorageSession registered;
    synchronized (this) {
      held = subscription;
      registered = session;
    }
    if (writable && held != null) {
      held.resume();
    }
    if (writable && registered != null) {
      registered.writable();
    }
  }

  /**
   * Ends the connection, once what its client has voted is finished or aborted and that is
   * answered.
   *
   * @return completes when it is being closed
   */
  CompletableFuture<Void> leave() {
    MethodTable table;
    Outbox out;
    synchronized (this) {
      table = methods;
      out = outbox;
    }
    CompletableFuture<Void> left =
        table == null ? CompletableFuture.completedFuture(null) : table.leave();
    return left.thenRunAsync(
        () -> {
          if (out != null) {
            var unused = out.position(); // behind an answer that is being sent
          }
          connection.close("this node stops");
        },
        context.executor());
  }

  /** Ends the connection at once if its storage is in that Raft group. */
  void sendAway(String group) {
    StorageSession registered;
    synchronized (this) {
      registered = session;
    }
    if (registered != null && registered.group().equals(group)) {
      connection.close("this node is cut off from the others");
    }
  }

  @Override
  public void onClosed() {
    MethodTable table;
    Outbox out;
    FeedSubscription held;
    synchronized (this) {
      table = methods;
      out = outbox;
      held = subscription;
      phase = Phase.CLOSED;
      methods = null;
      outbox = null;
      subscription = null;
    }
    gone.accept(this);
    if (held != null) {
      held.cancel();
    }
    if (out != null) {
      out.close();
    }
    if (table != null) {
      table.close();
      StorageSession ended = session;
      if (ended != null) {
        ended.statistics().connections.decrement();
      }
    }
  }
}
