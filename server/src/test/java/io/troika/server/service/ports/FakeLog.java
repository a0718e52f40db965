package io.troika.server.service.ports;

import io.troika.server.core.StorageCore;
import io.troika.server.core.command.Command;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.Tid;
import io.troika.server.service.refusals.NotLeaderException;
import io.troika.server.service.refusals.OutcomeUnknownException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A log of one node that applies to a real core: at once, or when the test says so. It can refuse,
 * lose answers and change its leader.
 */
public final class FakeLog implements ReplicatedLog {
  public static final int COMMAND_BYTES_MAX = 1 << 20;

  private final StorageCore core;
  private final List<Consumer<Leadership>> listeners = new CopyOnWriteArrayList<>();
  private final Queue<Runnable> held = new ArrayDeque<>(); // guarded by this
  private final AtomicLong clock = new AtomicLong(Tid.ofInstant(Instant.EPOCH).value());
  private final AtomicLong submitted = new AtomicLong();
  private final AtomicLong proofs = new AtomicLong();
  private final List<String> followersTold = new CopyOnWriteArrayList<>();

  private volatile Leadership leadership = new Leadership(1, "n1", "127.0.0.1:7401", true);
  private volatile VoteKeeper voteKeeper = VoteKeeper.NONE;
  private volatile CompletableFuture<Void> handOver = CompletableFuture.completedFuture(null);
  private volatile boolean handsOverNext;
  private volatile boolean hold;
  private volatile boolean loseAnswers;
  private volatile @Nullable RuntimeException refusal;
  private volatile @Nullable RuntimeException proofFailure;

  public FakeLog(StorageCore core) {
    this.core = core;
  }

  @Override
  public CompletableFuture<Outcome> submit(Command command) {
    if (handsOverNext) {
      beginHandOver();
      return CompletableFuture.failedFuture(
          new NotLeaderException(Leadership.unknown(leadership.group(), leadership.term())));
    }
    RuntimeException refused = refusal;
    if (refused != null) {
      return CompletableFuture.failedFuture(refused);
    }
    if (!leadership.self()) {
      return CompletableFuture.failedFuture(new NotLeaderException(leadership));
    }
    submitted.incrementAndGet();
    CompletableFuture<Outcome> answer = new CompletableFuture<>();
    Runnable application = () -> applyAndAnswer(command, answer);
    if (hold) {
      synchronized (this) {
        held.add(application);
      }
    } else {
      application.run();
    }
    return answer;
  }

  private void applyAndAnswer(Command command, CompletableFuture<Outcome> answer) {
    Outcome outcome = apply(command);
    if (loseAnswers) {
      answer.completeExceptionally(
          new OutcomeUnknownException("the answer was lost", new IllegalStateException("test")));
    } else {
      answer.complete(outcome);
    }
  }

  /** Applies a command that another node submitted: this service knows nothing of it. */
  public Outcome apply(Command command) {
    return apply(List.of(command)).get(0);
  }

  /** Applies commands as one entry. */
  public synchronized List<Outcome> apply(List<Command> commands) {
    LogPosition position = new LogPosition(leadership.term(), core.applied().index() + 1);
    return core.apply(position, new LogEntry(1_000, 86_400_000, commands));
  }

  @Override
  public CompletableFuture<Long> proveLeadership() {
    proofs.incrementAndGet();
    RuntimeException failure = proofFailure;
    if (failure != null) {
      return CompletableFuture.failedFuture(failure);
    }
    Leadership now = leadership;
    return now.self()
        ? CompletableFuture.completedFuture(now.term())
        : CompletableFuture.failedFuture(new NotLeaderException(now));
  }

  @Override
  public void tellFollower(String nodeId) {
    followersTold.add(nodeId);
  }

  /** The followers that were to be told what is committed, each time. */
  public List<String> followersTold() {
    return List.copyOf(followersTold);
  }

  @Override
  public CompletableFuture<Void> handOver() {
    return handOver;
  }

  /** From now on this node hands over. */
  public void beginHandOver() {
    handOver = new CompletableFuture<>();
  }

  /** A hand-over begins just before the next command gets here: Ratis takes it no more. */
  public void refuseWhileHandingOver() {
    handsOverNext = true;
  }

  /** It is over, however it ended. */
  public void endHandOver() {
    handOver.complete(null);
  }

  @Override
  public Leadership leadership() {
    return leadership;
  }

  @Override
  public void addLeadershipListener(Consumer<Leadership> listener) {
    listeners.add(listener);
  }

  @Override
  public void setVoteKeeper(VoteKeeper keeper) {
    voteKeeper = keeper;
  }

  /** What the log of a real node tells of a hand-over. */
  public VoteKeeper voteKeeper() {
    return voteKeeper;
  }

  @Override
  public GroupMembers members() {
    return new GroupMembers(1, List.of(new GroupMembers.Address("n1", "127.0.0.1:7401")));
  }

  @Override
  public int commandBytesMax() {
    return COMMAND_BYTES_MAX;
  }

  @Override
  public Tid tidCandidate() {
    return new Tid(clock.addAndGet(1_000));
  }

  /** From now on this node leads in {@code term}. */
  public void lead(long term) {
    change(new Leadership(term, "n1", "127.0.0.1:7401", true));
  }

  /** This node is elected in {@code term}, and not ready yet. */
  public void elect(long term) {
    change(new Leadership(term, "n1", "127.0.0.1:7401", true, false));
  }

  /** From now on n2 leads in {@code term}. */
  public void follow(long term) {
    change(new Leadership(term, "n2", "127.0.0.1:7402", false));
  }

  /** Knows the next leadership, and tells nobody yet. */
  public void changeSilently(Leadership next) {
    leadership = next;
  }

  /** From now on no leader is known. */
  public void loseLeader(long term) {
    change(new Leadership(term, "", "", false));
  }

  private void change(Leadership next) {
    leadership = next;
    listeners.forEach(listener -> listener.accept(next));
  }

  /** Keeps what is submitted until {@link #release}. */
  public void hold() {
    hold = true;
  }

  /** Applies what was held, in order, and holds no more. */
  public void release() {
    hold = false;
    for (Runnable next = poll(); next != null; next = poll()) {
      next.run();
    }
  }

  private synchronized @Nullable Runnable poll() {
    return held.poll();
  }

  public synchronized int heldCount() {
    return held.size();
  }

  public void loseAnswers(boolean lose) {
    loseAnswers = lose;
  }

  /** Refuses everything with this, or nothing more if null. */
  public void refuse(@Nullable RuntimeException with) {
    refusal = with;
  }

  public void failProofs(@Nullable RuntimeException with) {
    proofFailure = with;
  }

  public long submittedCount() {
    return submitted.get();
  }

  public long proofCount() {
    return proofs.get();
  }
}
