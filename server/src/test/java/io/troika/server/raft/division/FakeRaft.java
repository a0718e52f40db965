package io.troika.server.raft.division;

import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.peers.Voters;
import io.troika.server.service.ports.Leadership;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** This node's division as a test sets it. */
public final class FakeRaft implements LocalRaft {
  public static final long STARTED_MILLIS = 1_000;

  final String nodeId;
  public Voters voters = Voters.of("n1", "n2", "n3");
  public long term = 5;
  public String leader;
  public boolean ready = true;
  public boolean learner;
  public boolean closed;
  public long committedIndex = 10;
  public LogPosition lastEntry = new LogPosition(5, 12);
  public final List<Long> electionsStarted = new ArrayList<>();

  private long appliedIndex = 10;
  private final List<Waiter> waiters = new ArrayList<>();

  private record Waiter(long index, CompletableFuture<Void> done) {}

  public FakeRaft(String nodeId, String leader) {
    this.nodeId = nodeId;
    this.leader = leader;
  }

  @Override
  public String nodeId() {
    return nodeId;
  }

  @Override
  public long term() {
    return term;
  }

  @Override
  public boolean leads(long asked) {
    if (closed) {
      throw new IllegalStateException("closed");
    }
    return asked == term && leader.equals(nodeId) && ready;
  }

  @Override
  public boolean follows() {
    return !leader.equals(nodeId) && !learner;
  }

  @Override
  public long committedIndex() {
    return committedIndex;
  }

  @Override
  public long appliedIndex() {
    return appliedIndex;
  }

  @Override
  public CompletableFuture<Void> whenApplied(long index) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    if (appliedIndex >= index) {
      done.complete(null);
    } else {
      waiters.add(new Waiter(index, done));
    }
    return done;
  }

  public void apply(long index) {
    appliedIndex = index;
    List<Waiter> reached = waiters.stream().filter(waiter -> waiter.index() <= index).toList();
    waiters.removeAll(reached);
    reached.forEach(waiter -> waiter.done().complete(null));
  }

  public void stop() {
    waiters.forEach(w -> w.done().completeExceptionally(new IllegalStateException("stopped")));
  }

  @Override
  public LogPosition lastEntry() {
    return lastEntry;
  }

  @Override
  public long startedMillis() {
    return STARTED_MILLIS;
  }

  @Override
  public Voters voters() {
    return voters;
  }

  @Override
  public Leadership leadership() {
    return new Leadership(term, leader, leader.isEmpty() ? "" : leader + ":7400", leads(term));
  }

  @Override
  public void startElection(long asked) {
    electionsStarted.add(asked);
  }
}
