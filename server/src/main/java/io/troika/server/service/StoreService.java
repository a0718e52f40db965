package io.troika.server.service;

import io.troika.server.config.NodeConfig.LimitsConfig;
import io.troika.server.core.RevisionReader;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.pack.ReferenceFinder;
import io.troika.server.service.blobs.BlobService;
import io.troika.server.service.catalog.AccessService;
import io.troika.server.service.catalog.ExpectedHistory;
import io.troika.server.service.catalog.GroupChanges;
import io.troika.server.service.catalog.StorageChanges;
import io.troika.server.service.catalog.StorageNames;
import io.troika.server.service.commit.CommitSequencer;
import io.troika.server.service.commit.TransactionService;
import io.troika.server.service.feed.InvalidationFeed;
import io.troika.server.service.pack.PackService;
import io.troika.server.service.ports.GroupMembers;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.ports.ReplicatedLog;
import io.troika.server.service.ports.ServiceTimer;
import io.troika.server.service.ports.StateEvents;
import io.troika.server.service.ports.TransactionListener;
import io.troika.server.service.ports.TransactionTracer;
import io.troika.server.service.ports.WriteGate;
import io.troika.server.service.reads.ReadService;
import io.troika.server.service.refusals.LaggingException;
import io.troika.server.service.refusals.NotLeaderException;
import io.troika.server.service.waits.AppliedWaits;
import io.troika.server.service.waits.LeaderWaits;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * All that fronts may ask of one Raft group on this node: changes, reads, and the feed of what is
 * committed. Safe for any thread.
 */
public final class StoreService implements AutoCloseable {
  private final ReplicatedLog log;
  private final LimitsConfig limits;
  private final StorageNames names;
  private final AppliedWaits waits;
  private final LeaderWaits leaderWaits;
  private final CommitSequencer sequencer;
  private final TransactionService transactions;
  private final ReadService reads;
  private final InvalidationFeed feed;
  private final PackService packs;
  private final StorageChanges storageChanges;
  private final GroupChanges groupChanges;
  private final AccessService access;
  private final BlobService blobs;

  private StoreService(
      ReplicatedLog log,
      RevisionReader reader,
      ReferenceFinder finder,
      LimitsConfig limits,
      ServiceTimer timer,
      Executor executor) {
    this.log = log;
    this.limits = limits;
    this.names = new StorageNames(log, reader);
    this.waits = new AppliedWaits(reader, timer, executor, limits.readWait());
    this.leaderWaits = new LeaderWaits(log, timer, executor);
    this.sequencer = new CommitSequencer(log, leaderWaits, reader, limits, timer, executor);
    this.transactions = new TransactionService(log, leaderWaits, reader, sequencer);
    this.reads = new ReadService(log, leaderWaits, reader, names, waits);
    this.feed = new InvalidationFeed(log, reader, limits, timer, executor);
    this.storageChanges = new StorageChanges(log, leaderWaits, reader, names);
    this.groupChanges = new GroupChanges(log, leaderWaits, reader);
    this.access = new AccessService(log, leaderWaits, reader);
    this.packs =
        new PackService(
            log, leaderWaits, reader, finder, timer, executor, limits.packMarkBytesMax());
    this.blobs = new BlobService(log, leaderWaits, reader, names, waits, limits.staging(), timer);
  }

  /**
   * Starts serving. Log, reader, timer and executor belong to the caller, who ends them after the
   * service.
   *
   * @param events the listener that the core announces commits to
   * @param executor runs what must not run on the applying thread or an event loop: serial checks
   *     of large transactions, waking of waiters, the feed. Tasks are bounded by the limits, may
   *     read the store, and must not be refused while the service is open
   */
  public static StoreService create(
      ReplicatedLog log,
      RevisionReader reader,
      StateEvents events,
      LimitsConfig limits,
      ServiceTimer timer,
      Executor executor) {
    return create(log, reader, events, ReferenceFinder.NONE, limits, timer, executor);
  }

  /**
   * The same for records that can be looked into.
   *
   * @param finder the core's: finds what records refer to
   */
  public static StoreService create(
      ReplicatedLog log,
      RevisionReader reader,
      StateEvents events,
      ReferenceFinder finder,
      LimitsConfig limits,
      ServiceTimer timer,
      Executor executor) {
    StoreService service = new StoreService(log, reader, finder, limits, timer, executor);
    events.addListener(service.names);
    events.addListener(service.waits);
    service.feed.start(events);
    return service;
  }

  /** Tells one more listener, from now on, how transactions end here. */
  public void observe(TransactionListener listener) {
    transactions.observe(listener);
  }

  /** From now on what makes the state grow has to pass {@code gate}; refused is "not now". */
  public void guard(WriteGate gate) {
    sequencer.guard(gate);
    blobs.guard(gate);
  }

  /** From now on transactions are traced by it. */
  public void trace(TransactionTracer tracer) {
    sequencer.trace(tracer);
  }

  public TransactionService transactions() {
    return transactions;
  }

  public ReadService reads() {
    return reads;
  }

  public InvalidationFeed feed() {
    return feed;
  }

  public PackService packs() {
    return packs;
  }

  public StorageChanges storageChanges() {
    return storageChanges;
  }

  /** Of {@code g0} only. */
  public GroupChanges groupChanges() {
    return groupChanges;
  }

  public BlobService blobs() {
    return blobs;
  }

  public AccessService access() {
    return access;
  }

  /** The name of its Raft group. */
  public String group() {
    return log.leadership().group();
  }

  /** Who leads, as far as this node knows. */
  public Leadership leadership() {
    return log.leadership();
  }

  /** Who votes in the group, as far as this node knows. */
  public GroupMembers members() {
    return log.members();
  }

  /** Hears each change of {@link #leadership}, in order, on one thread; must not block. */
  public void addLeadershipListener(Consumer<Leadership> listener) {
    log.addLeadershipListener(listener);
  }

  /**
   * Waits until this node knows a leader of a term above {@code newerThan} that can serve, at most
   * {@code wait} and at most {@link LeaderWaits#WAIT_MAX}.
   *
   * @return what is known then; fails with {@code OverloadedException}, {@code StoppingException}
   */
  public CompletableFuture<Leadership> findLeader(long newerThan, Duration wait) {
    return leaderWaits.find(newerThan, wait);
  }

  /** The largest transaction that can be committed, in bytes of its log entry. */
  public int transactionBytesMax() {
    return log.commandBytesMax();
  }

  /** The largest transaction in bytes of its data, if what does not fit in the log is staged. */
  public long stagedTransactionBytesMax() {
    return limits.staging().transactionBytesMax();
  }

  /**
   * Refuses to begin with a transaction that is too large, before anything of it is staged.
   *
   * @throws RequestRefusedException TRANSACTION_TOO_LARGE
   */
  public void requireTransactionBytes(TransactionId id, long bytes) {
    sequencer.limits().requireBytes(id, bytes);
  }

  /** The most reads, writes, deletes and undos of one transaction together. */
  public int transactionObjectsMax() {
    return limits.transactionObjectsMax();
  }

  /** Proves that this node leads; see {@link ReplicatedLog#proveLeadership}. */
  public CompletableFuture<Long> proveLeadership() {
    return log.proveLeadership();
  }

  /** Lets a follower know soon what is committed; see {@link ReplicatedLog#tellFollower}. */
  public void tellFollower(String nodeId) {
    log.tellFollower(nodeId);
  }

  /**
   * The storage of that name, for a change to it.
   *
   * @throws NotLeaderException if this node does not lead: only a leader can say that there is none
   * @throws RequestRefusedException UNKNOWN_STORAGE
   */
  public StorageState storageToChange(String name) {
    return storageToChange(name, ExpectedHistory.ANY);
  }

  /**
   * The same, if it is of the history that the change builds on.
   *
   * @throws HistoryReplacedException if it is of another one
   */
  public StorageState storageToChange(String name, ExpectedHistory expected) {
    try {
      return names.find(name, expected);
    } catch (LaggingException e) {
      NotLeaderException notLeader = new NotLeaderException(log.leadership());
      notLeader.addSuppressed(e);
      throw notLeader;
    }
  }

  /** Ends sessions, waits and subscriptions, each with the error that says so. */
  @Override
  public void close() {
    packs.close();
    sequencer.close();
    waits.close();
    feed.close();
    leaderWaits.close();
  }
}
