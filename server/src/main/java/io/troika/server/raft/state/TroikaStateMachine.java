package io.troika.server.raft.state;

import static io.troika.server.core.model.Checks.checkInvariant;

import io.troika.server.core.command.Outcome;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.LogPosition;
import io.troika.server.log.LogEntryCodec;
import io.troika.server.raft.division.AppliedIndex;
import io.troika.server.raft.division.RatisBytes;
import io.troika.server.raft.entries.EntryBatcher;
import io.troika.server.raft.entries.EntryMessage;
import io.troika.server.raft.entries.PendingEntry;
import io.troika.server.raft.replication.Appenders;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.proto.RaftProtos.StateMachineLogEntryProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.util.LifeCycle;
import org.jspecify.annotations.Nullable;

/**
 * What Ratis calls, carried over to the {@link ReplicatedState}.
 *
 * <p>Invariants: entries reach the state in log order, each once (a replayed one is skipped); only
 * Ratis's updater thread applies, flushes and installs; an exception while it does leaves the
 * division stopped and {@link Events#broken} called, because a replica that skipped an entry would
 * lie from then on.
 */
public final class TroikaStateMachine extends BaseStateMachine implements Appenders.Owner {

  /** What the group does about events of its division. Called on Ratis's threads: be short. */
  public interface Events {
    /** The group's directory is formatted; no peer has been answered yet. */
    void storageReady() throws IOException;

    void leadershipMayHaveChanged();

    void leaderReady();

    /** An entry with another configuration was applied. */
    void membershipMayHaveChanged();

    /** Entry bytes applied since the last flush went over the limit. */
    void snapshotDue();

    CompletableFuture<TermIndex> installWanted(RoleInfoProto role, TermIndex firstAvailable);

    /** Ratis has closed the division: because it was told to, or by itself. */
    void divisionClosed();

    void broken(Throwable cause);
  }

  private final ReplicatedState state;
  private final EntryBatcher batcher;
  private final CheckpointInstall install;
  private final AppliedIndex applied;
  private final Events events;
  private final long snapshotBytes;
  private final Appenders appenders = new Appenders();
  private long bytesSinceFlush;

  /**
   * What was on disk after the last start, flush that was asked for, or install. Kept, because
   * Ratis asks with each message that a follower gets, and the database reads a table to tell. What
   * it flushes by itself meanwhile only makes it more.
   */
  private volatile @Nullable LogPosition flushed;

  public TroikaStateMachine(
      ReplicatedState state,
      EntryBatcher batcher,
      CheckpointInstall install,
      AppliedIndex applied,
      Events events,
      long snapshotBytes) {
    this.state = state;
    this.batcher = batcher;
    this.install = install;
    this.applied = applied;
    this.events = events;
    this.snapshotBytes = snapshotBytes;
  }

  /** For those who send entries of this group, which Ratis makes. */
  @Override
  public Appenders appenders() {
    return appenders;
  }

  // ---- start and end

  @Override
  public void initialize(RaftServer server, RaftGroupId groupId, RaftStorage storage)
      throws IOException {
    super.initialize(server, groupId, storage);
    flushed = state.flushed();
    getLifeCycle().startAndTransition(events::storageReady, IOException.class);
  }

  /** The state belongs to whoever made it, who closes it after the node. */
  @Override
  public void close() {
    applied.stop();
    getLifeCycle().checkStateAndClose(() -> {});
  }

  // ---- a command's way

  /** Leader only, before the log; ties the entry under way to Ratis's context. */
  @Override
  public TransactionContext startTransaction(RaftClientRequest request) {
    Object pending =
        request.getMessage() instanceof EntryMessage message ? message.pending() : null;
    return TransactionContext.newBuilder()
        .setStateMachine(this)
        .setClientRequest(request)
        .setStateMachineContext(pending)
        .build();
  }

  /** Leader only, in log order, just before the entry is made: from here on it may be logged. */
  @Override
  public TransactionContext preAppendTransaction(TransactionContext transaction) {
    if (transaction.getStateMachineContext() instanceof PendingEntry pending) {
      pending.appending(transaction);
    }
    return transaction;
  }

  @Override
  public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
    LogEntryProto entry = transaction.getLogEntry();
    checkInvariant(entry != null, "a transaction without a log entry");
    LogPosition position = new LogPosition(entry.getTerm(), entry.getIndex());
    if (position.index() > state.applied().index()) {
      try {
        apply(position, entry.getStateMachineLogEntry());
      } catch (RuntimeException | Error e) {
        events.broken(e);
        throw e;
      }
    }
    return CompletableFuture.completedFuture(Message.EMPTY);
  }

  private void apply(LogPosition position, StateMachineLogEntryProto entry) {
    checkInvariant(
        position.index() == state.applied().index() + 1,
        "entry %s follows %s: a gap in the log",
        position,
        state.applied());
    Bytes bytes = RatisBytes.toBytes(entry.getLogData());
    long beganNanos = System.nanoTime();
    List<Outcome> outcomes = state.apply(position, LogEntryCodec.decode(bytes));
    applied.advance(position.index());
    batcher.applied(
        position,
        ClientId.valueOf(entry.getClientId()),
        entry.getCallId(),
        outcomes,
        System.nanoTime() - beganNanos);
    bytesSinceFlush += bytes.size();
    if (bytesSinceFlush >= snapshotBytes) {
      bytesSinceFlush = 0;
      events.snapshotDue();
    }
  }

  /** Configuration and metadata entries. */
  @Override
  public void notifyTermIndexUpdated(long term, long index) {
    LogPosition position = new LogPosition(term, index);
    if (index <= state.applied().index()) {
      return;
    }
    try {
      state.advance(position);
    } catch (RuntimeException | Error e) {
      events.broken(e);
      throw e;
    }
    applied.advance(index);
    batcher.passed(position);
  }

  @Override
  public TermIndex getLastAppliedTermIndex() {
    return termIndex(state.applied());
  }

  // ---- snapshots

  /** What the log may be purged up to: only what is durable in the state. */
  @Override
  public @Nullable SnapshotInfo getLatestSnapshot() {
    LogPosition kept = flushed;
    LogPosition known = kept == null ? state.flushed() : kept;
    return known.index() < 0 ? null : new Flushed(termIndex(known));
  }

  @Override
  public long takeSnapshot() throws IOException {
    bytesSinceFlush = 0;
    try {
      LogPosition position = state.flush();
      flushed = position;
      return position.index();
    } catch (IOException | RuntimeException e) {
      // Ratis would only log it and go on, with a state that can't be made durable.
      events.broken(e);
      throw e;
    }
  }

  @Override
  public CompletableFuture<TermIndex> notifyInstallSnapshotFromLeader(
      RoleInfoProto role, TermIndex firstAvailable) {
    if (getLifeCycleState() != LifeCycle.State.RUNNING) {
      return CompletableFuture.failedFuture(
          new IllegalStateException("an earlier checkpoint is being installed"));
    }
    try {
      return events.installWanted(role, firstAvailable);
    } catch (RuntimeException e) {
      // Thrown, it would leave Ratis "installing" for ever.
      return CompletableFuture.failedFuture(e);
    }
  }

  /** A checkpoint is here; the updater thread installs it in {@link #reinitialize}. */
  @Override
  public void pause() {
    if (getLifeCycle().compareAndTransition(LifeCycle.State.RUNNING, LifeCycle.State.PAUSING)) {
      getLifeCycle().transition(LifeCycle.State.PAUSED);
    }
  }

  /** On the updater thread, so no entry is being applied. */
  @Override
  public void reinitialize() throws IOException {
    getLifeCycle().transition(LifeCycle.State.STARTING);
    try {
      LogPosition position = install.into(state);
      flushed = position;
      bytesSinceFlush = 0;
      applied.advance(position.index());
      batcher.jumped(position);
    } catch (IOException | RuntimeException e) {
      getLifeCycle().transition(LifeCycle.State.EXCEPTION);
      events.broken(e);
      throw e;
    }
    getLifeCycle().transition(LifeCycle.State.RUNNING);
  }

  // ---- leadership

  @Override
  public void notifyLeaderChanged(RaftGroupMemberId member, RaftPeerId leader) {
    events.leadershipMayHaveChanged();
  }

  @Override
  public void notifyConfigurationChanged(
      long term, long index, RaftConfigurationProto configuration) {
    events.membershipMayHaveChanged();
  }

  @Override
  public void notifyLeaderReady() {
    batcher.beginTerm();
    events.leaderReady();
  }

  @Override
  public void notifyNotLeader(Collection<TransactionContext> pending) {
    events.leadershipMayHaveChanged();
  }

  /** Ratis ends a server by itself after a pause that is too long to trust anything before it. */
  @Override
  public void notifyServerShutdown(RoleInfoProto role, boolean allServer) {
    events.divisionClosed();
  }

  /** The log can't be written any more: this node must not go on as if it could. */
  @Override
  public void notifyLogFailed(Throwable cause, @Nullable LogEntryProto entry) {
    events.broken(cause);
  }

  private static TermIndex termIndex(LogPosition position) {
    return TermIndex.valueOf(position.term(), position.index());
  }

  /** A snapshot is what the state has on disk; it consists of no files that Ratis could send. */
  private record Flushed(TermIndex termIndex) implements SnapshotInfo {
    @Override
    public TermIndex getTermIndex() {
      return termIndex;
    }

    @Override
    public long getIndex() {
      return termIndex.getIndex();
    }

    @Override
    public List<FileInfo> getFiles() {
      return List.of();
    }
  }
}
