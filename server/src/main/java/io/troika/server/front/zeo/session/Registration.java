package io.troika.server.front.zeo.session;

import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import io.troika.server.front.zeo.wire.Wire;
import io.troika.server.front.zeo.wire.ZeoConnection;
import io.troika.server.service.feed.FeedSubscription;
import io.troika.server.service.reads.ReadService;
import io.troika.server.service.refusals.FailureCause;
import io.troika.server.service.refusals.LaggingException;
import io.troika.server.service.refusals.NotNowException;
import io.troika.server.service.refusals.RequestRefusedException;
import io.troika.server.service.refusals.RequestRefusedException.Reason;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The register call (zeo-protocol.md §6.1, §13): asks the leader for the newest transaction, waits
 * until this node has applied it, and subscribes. The subscription's first event is the answer, so
 * nothing lies between the tid that is answered and the first invalidation.
 */
public final class Registration {
  /** A client holds a lock over all its addresses while it waits for this answer. */
  static final Duration WAIT_MAX = Duration.ofSeconds(5);

  private static final Duration POLL = Duration.ofMillis(20);

  /** While a name may turn out to be in another group. */
  private static final Duration TRY_MAX = Duration.ofSeconds(1);

  /** By what every ZEO client calls a storage that it has no name for. */
  private static final String FIRST_STORAGE = "1";

  private final FrontContext context;
  private final ZeoConnection connection;
  private final Call call;
  private final boolean readOnly;
  private final Consumer<Registered> done;
  private final long endNanos;

  /** What a registration leaves. */
  public record Registered(StorageSession session, Outbox outbox) {}

  private Registration(
      FrontContext context, ZeoConnection connection, Call call, Consumer<Registered> done) {
    this.context = context;
    this.connection = connection;
    this.call = call;
    this.readOnly = call.args().flag(1, "read_only");
    this.done = done;
    this.endNanos = context.timer().nanoTime() + WAIT_MAX.toNanos();
  }

  /**
   * Answers the call.
   *
   * @param done told of the session just before the answer is sent
   * @param refused called when the client may try another name
   * @return the subscription, to be cancelled when the connection ends; null if it was refused
   */
  public static CompletableFuture<@Nullable FeedSubscription> start(
      FrontContext context,
      ZeoConnection connection,
      Call call,
      Consumer<Registered> done,
      Runnable refused) {
    Registration registration = new Registration(context, connection, call, done);
    String name = registration.resolve(call.args().text(0, "storage"));
    ZeoAccess.requireRegistration(context.access(), connection, name, registration.readOnly);
    return registration
        .newest(name)
        .thenCompose(registration::whenApplied)
        .thenApplyAsync(registration::subscribe, context.executor())
        .handle(
            (subscription, failure) -> {
              if (failure == null) {
                return subscription;
              }
              Throwable cause = FailureCause.of(failure);
              if (cause instanceof ZeoError) {
                refused.run();
              }
              call.fail(
                  cause instanceof ZeoError
                      ? cause
                      : new CloseException("no registration: " + cause.getMessage(), cause));
              return null;
            });
  }

  /** A storage and the newest transaction that the leader knows of it. */
  private record Newest(String name, Tid tid) {}

  private CompletableFuture<Newest> newest(String name) {
    return ask(name)
        .exceptionallyCompose(
            failure -> {
              if (isUnknown(FailureCause.of(failure))) {
                return unknown(name);
              }
              return context.groups().areSeveral()
                      && FailureCause.of(failure) instanceof NotNowException
                      && !left().isZero()
                  ? newest(name)
                  : CompletableFuture.failedFuture(FailureCause.of(failure));
            });
  }

  /**
   * While there are several groups it is asked for in short tries: this node may not have applied
   * yet in which one the storage is.
   */
  private CompletableFuture<Newest> ask(String name) {
    Duration patience =
        context.groups().areSeveral() && left().compareTo(TRY_MAX) > 0 ? TRY_MAX : left();
    try {
      return context
          .groups()
          .of(name)
          .leader()
          .newestTid(name, patience)
          .thenApply(tid -> new Newest(name, tid));
    } catch (LaggingException e) {
      CompletableFuture<Newest> later = new CompletableFuture<>();
      context.timer().schedule(POLL, () -> later.completeExceptionally(e));
      return later;
    }
  }

  private static boolean isUnknown(Throwable cause) {
    return cause instanceof RequestRefusedException refused
        && refused.reason() == Reason.UNKNOWN_STORAGE;
  }

  private CompletableFuture<Newest> unknown(String name) {
    if (!context.config().createMissingStorages()) {
      return CompletableFuture.failedFuture(ZeoError.value("unknown storage: " + name));
    }
    return context
        .leader()
        .createStorage(name, WAIT_MAX)
        .thenApply(created -> new Newest(name, Tid.NONE));
  }

  private String resolve(String asked) {
    List<StorageState> storages = context.groups().storages();
    boolean isThere = storages.stream().anyMatch(storage -> storage.name().equals(asked));
    return asked.equals(FIRST_STORAGE) && !isThere && !storages.isEmpty()
        ? storages.get(0).name()
        : asked;
  }

  private CompletableFuture<StorageState> whenApplied(Newest newest) {
    CompletableFuture<StorageState> applied = new CompletableFuture<>();
    look(newest, applied);
    return applied;
  }

  /** What is not here yet is looked for again, as long as there is time. */
  private void look(Newest newest, CompletableFuture<StorageState> applied) {
    CompletableFuture<StorageState> here;
    try {
      ReadService reads = context.groups().of(newest.name()).service().reads();
      StorageState state = reads.storage(newest.name());
      here = reads.applied(state.id(), newest.tid(), left()).thenApply(done -> state);
    } catch (RuntimeException e) {
      here = CompletableFuture.failedFuture(e);
    }
    CompletableFuture<?> unused =
        here.whenComplete(
            (state, failure) -> {
              if (failure == null) {
                applied.complete(state);
              } else if (FailureCause.of(failure) instanceof LaggingException && !left().isZero()) {
                context
                    .timer()
                    .schedule(POLL, () -> context.executor().execute(() -> look(newest, applied)));
              } else {
                applied.completeExceptionally(FailureCause.of(failure));
              }
            });
  }

  private Duration left() {
    long nanos = endNanos - context.timer().nanoTime();
    return nanos <= 0 ? Duration.ZERO : Duration.ofNanos(nanos);
  }

  private FeedSubscription subscribe(StorageState storage) {
    StorageSession[] session = new StorageSession[1];
    Outbox outbox =
        new Outbox(
            connection,
            context.executor(),
            at -> {
              done.accept(new Registered(session[0], session[0].outbox()));
              connection.send(call.reply(Wire.bytes(at.lastTid())));
            },
            // Requests go to the leader by name, which another storage may get.
            name ->
                name.equals(storage.name())
                    && ZeoAccess.isRegistrable(context.access(), connection, name, readOnly));
    FrontContext its = context.groups().of(storage.name());
    session[0] = new StorageSession(its, connection, outbox, storage, readOnly);
    return its.service().feed().subscribe(storage.id(), outbox);
  }
}
