package io.troika.server.service;

import io.troika.server.config.NodeConfig.LimitsConfig;
import io.troika.server.core.StorageCore;
import io.troika.server.core.command.Command.CommitTransaction;
import io.troika.server.core.command.Command.CreateStorage;
import io.troika.server.core.command.Command.Delete;
import io.troika.server.core.command.Command.ReadCheck;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.StorageCreated;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.core.pack.ReferenceFinder;
import io.troika.server.service.commit.TransactionRequest;
import io.troika.server.service.commit.TransactionService;
import io.troika.server.service.commit.VoteAnswer;
import io.troika.server.service.ports.FakeLog;
import io.troika.server.service.ports.ManualTimer;
import io.troika.server.service.ports.StateEvents;
import io.troika.server.storage.memory.MemoryRevisionStore;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;

/** A service over a fake log and a real core, with a storage "main"; everything on one thread. */
public final class ServiceFixture implements AutoCloseable {
  public static final Duration PATIENCE = Duration.ofSeconds(10);
  public static final LimitsConfig LIMITS =
      new LimitsConfig(1_000, 8, Duration.ofSeconds(30), 16, 8, 16, Duration.ofSeconds(2));

  private static final UUID CLIENT = new UUID(1, 2);

  public final MemoryRevisionStore store = new MemoryRevisionStore();
  public final StateEvents events = new StateEvents();
  public final FakeLog log;
  public final ManualTimer timer = new ManualTimer();
  public final StoreService service;
  public final StoreGroups groups;
  public final StorageId storage;

  private final AtomicLong sequence = new AtomicLong();

  public ServiceFixture() {
    this(Runnable::run);
  }

  public ServiceFixture(Executor executor) {
    this(executor, ReferenceFinder.NONE, LIMITS);
  }

  public ServiceFixture(Executor executor, ReferenceFinder finder, LimitsConfig limits) {
    log = new FakeLog(new StorageCore(store, events, finder));
    Outcome created = log.apply(new CreateStorage("main", new UUID(3, 4)));
    storage = ((StorageCreated) created).storage().id();
    service = StoreService.create(log, store, events, finder, limits, timer, executor);
    groups = StoreGroups.follow(service, store, events);
  }

  public TransactionService transactions() {
    return service.transactions();
  }

  public TransactionId newId() {
    return new TransactionId(CLIENT, sequence.incrementAndGet());
  }

  /** The id of the newest request. */
  public TransactionId lastId() {
    return new TransactionId(CLIENT, sequence.get());
  }

  public TransactionRequest request(
      List<ReadCheck> reads, List<Write> writes, List<Delete> deletes, List<Tid> undos) {
    return new TransactionRequest(
        newId(), storage, TransactionMetadata.EMPTY, reads, writes, deletes, undos);
  }

  public TransactionRequest writing(Write... writes) {
    return request(List.of(), List.of(writes), List.of(), List.of());
  }

  public static Write write(long oid, Tid serial, String data) {
    return new Write(new Oid(oid), serial, Bytes.utf8(data));
  }

  public CompletableFuture<TransactionOutcome> commit(TransactionRequest request) {
    return transactions().commit(request, PATIENCE);
  }

  public CompletableFuture<VoteAnswer> vote(TransactionRequest request) {
    return transactions().vote(request, PATIENCE);
  }

  /** Commits a write and returns its tid. */
  public Tid commit(long oid, Tid serial, String data) {
    return ((Committed) done(commit(writing(write(oid, serial, data))))).tid();
  }

  /** Commits a write as another leader would have: behind the back of this service. */
  public Tid commitElsewhere(long oid, Tid serial, String data) {
    CommitTransaction command = writing(write(oid, serial, data)).toCommand(log.tidCandidate());
    return ((Committed) log.apply(command)).tid();
  }

  /** The value of a future that must be complete. */
  public static <T> T done(CompletableFuture<T> future) {
    if (!future.isDone()) {
      throw new AssertionError("not complete");
    }
    return future.join();
  }

  /** What a future that must have failed failed with. */
  public static Throwable failure(CompletableFuture<?> future) {
    if (!future.isCompletedExceptionally()) {
      throw new AssertionError("not failed");
    }
    Throwable failure = future.handle((value, e) -> e).join();
    return failure instanceof CompletionException
        ? Objects.requireNonNull(failure.getCause())
        : failure;
  }

  @Override
  public void close() {
    service.close();
    store.close();
  }
}
