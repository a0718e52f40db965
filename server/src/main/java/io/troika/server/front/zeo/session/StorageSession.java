package io.troika.server.front.zeo.session;

import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import io.troika.server.front.zeo.wire.ZeoConnection;
import io.troika.server.front.zeo.wire.ZeoMessage;
import io.troika.server.service.reads.HistoryView;
import io.troika.server.service.refusals.FailureCause;
import io.troika.server.service.refusals.LaggingException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A registered connection: its storage, its outbox, and how answers about the storage are given in
 * the order that the client relies on. Safe for any thread.
 */
public final class StorageSession {
  /** Then an answer is computed while the position stands still. */
  private static final int TRIES_MAX = 3;

  /** How long what needs the leader may take, before the connection is given up. */
  public static final Duration LEADER_WAIT_MAX = Duration.ofSeconds(60);

  private final FrontContext context;
  private final ZeoConnection connection;
  private final Outbox outbox;
  private final StorageId storage;
  private final String name;
  private final boolean readOnly;
  private final Queue<Runnable> unsent = new ConcurrentLinkedQueue<>();

  StorageSession(
      FrontContext context,
      ZeoConnection connection,
      Outbox outbox,
      StorageState storage,
      boolean readOnly) {
    this.context = context;
    this.connection = connection;
    this.outbox = outbox;
    this.storage = storage.id();
    this.name = storage.name();
    this.readOnly = readOnly;
  }

  public FrontContext context() {
    return context;
  }

  public ZeoConnection connection() {
    return connection;
  }

  public Outbox outbox() {
    return outbox;
  }

  public StorageId storage() {
    return storage;
  }

  public String name() {
    return name;
  }

  /** The Raft group of its storage. */
  public String group() {
    return context.service().group();
  }

  public Statistics.OfStorage statistics() {
    return context.statistics().of(name);
  }

  /** The storage as this node has it now. */
  public StorageState applied() {
    return context.service().reads().applied(storage);
  }

  public HistoryView at(Tid tid) {
    return context.service().reads().history(storage, tid);
  }

  /** Runs the task on the executor once the client takes what it is sent. */
  void whenWritable(Runnable task) {
    unsent.add(task);
    if (connection.isWritable()) {
      writable();
    }
  }

  /** The client takes again what it is sent. */
  public void writable() {
    // Not those that come meanwhile: they are to wait for the next time.
    List<Runnable> due = new ArrayList<>();
    for (Runnable task = unsent.poll(); task != null; task = unsent.poll()) {
      due.add(task);
    }
    due.forEach(context.executor()::execute);
  }

  public void requireWritable() {
    if (readOnly) {
      throw ZeoError.readOnly();
    }
  }

  /**
   * Completes once the client was told all that this node had applied when the call came: at once,
   * on the caller's thread, if it was already, else on the executor. So every answer is a barrier.
   */
  public CompletableFuture<Void> settled() {
    return outbox.reach(applied().lastTid());
  }

  /**
   * Completes once the client was told all that anybody was acknowledged when the call came.
   * Linearizable.
   */
  public CompletableFuture<Void> settledEverywhere() {
    return context
        .leader()
        .newestTid(name, LEADER_WAIT_MAX)
        .thenCompose(this::told)
        .exceptionally(
            failure -> {
              throw closing(failure);
            });
  }

  /** Completes once this node has applied {@code tid} and the client was told of it. */
  public CompletableFuture<Void> told(Tid tid) {
    return applied(tid).thenCompose(done -> outbox.reach(tid));
  }

  /** Completes once this node has applied {@code tid}, however far behind it is now. */
  public CompletableFuture<Void> applied(Tid tid) {
    CompletableFuture<Void> applied = new CompletableFuture<>();
    await(tid, context.timer().nanoTime() + LEADER_WAIT_MAX.toNanos(), applied);
    return applied;
  }

  /** A single wait is bounded for readers, who may go elsewhere. This client can't. */
  private void await(Tid tid, long endNanos, CompletableFuture<Void> applied) {
    CompletableFuture<?> unused =
        context
            .service()
            .reads()
            .applied(storage, tid, LEADER_WAIT_MAX)
            .whenComplete(
                (done, failure) -> {
                  if (failure == null) {
                    applied.complete(null);
                  } else if (FailureCause.of(failure) instanceof LaggingException
                      && context.timer().nanoTime() - endNanos < 0) {
                    await(tid, endNanos, applied);
                  } else {
                    applied.completeExceptionally(FailureCause.of(failure));
                  }
                });
  }

  private static RuntimeException closing(Throwable failure) {
    Throwable cause = FailureCause.of(failure);
    return cause instanceof ConnectionClosedException closed
        ? closed
        : new CloseException("the leader did not answer: " + cause.getMessage(), cause);
  }

  /**
   * Answers a question about the storage as of the position at which the answer leaves. It is asked
   * again when the position moved meanwhile. On the caller's thread, if nothing has to be waited
   * for: for questions that take one or two looks into the store.
   */
  public void answer(Call call, Function<HistoryView, @Nullable Object> question) {
    call.orFail(settled().thenRun(() -> answerNow(call, question)));
  }

  /**
   * Likewise; but where what was read is doubtful, because what this node has not applied yet may
   * change it, it is read again after all that anybody was acknowledged.
   *
   * @param answer of what was read
   */
  public <T> void answer(
      Call call,
      Function<HistoryView, T> read,
      Predicate<T> isDoubtful,
      Function<T, @Nullable Object> answer) {
    Function<HistoryView, @Nullable Object> question = view -> answer.apply(read.apply(view));
    call.orFail(
        settled()
            .thenCompose(
                done -> {
                  Tid position = outbox.position();
                  T found = read.apply(at(position));
                  if (isDoubtful.test(found)) {
                    return settledEverywhere().thenRun(() -> answerNow(call, question));
                  }
                  if (!outbox.sendAt(
                      position, message(call, view -> answer.apply(found), position))) {
                    answerNow(call, question);
                  }
                  return CompletableFuture.completedFuture(null);
                }));
  }

  /** Likewise for a question that takes many looks into the store, on the executor. */
  public void answerFromMany(Call call, Function<HistoryView, @Nullable Object> question) {
    call.orFail(settled().thenRunAsync(() -> answerNow(call, question), context.executor()));
  }

  private void answerNow(Call call, Function<HistoryView, @Nullable Object> question) {
    for (int i = 0; i < TRIES_MAX; i++) {
      Tid position = outbox.position();
      if (outbox.sendAt(position, message(call, question, position))) {
        return;
      }
    }
    outbox.sendComputed(position -> message(call, question, position));
  }

  private ZeoMessage message(
      Call call, Function<HistoryView, @Nullable Object> question, Tid position) {
    try {
      return call.reply(question.apply(at(position)));
    } catch (RuntimeException e) {
      return call.error(e);
    }
  }

  /**
   * Answers a question whose answer may take long, and which no client's cache depends on: as of
   * the position when it was asked.
   */
  public void answerSlowly(Call call, Function<HistoryView, @Nullable Object> question) {
    call.orFail(
        settled()
            .thenRunAsync(
                () -> outbox.send(message(call, question, outbox.position())), context.executor()));
  }
}
