package io.troika.server.service.ports;

import io.troika.server.core.command.Command;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.model.Tid;
import java.util.concurrent.CompletableFuture;

/**
 * The log that all replicas apply. Safe for any thread; nothing here blocks.
 *
 * <p>Futures fail with {@code NotLeaderException} or {@code OverloadedException} when certainly
 * nothing was appended, and with {@code OutcomeUnknownException} when the command may have been
 * appended but its outcome was not learned.
 */
public interface ReplicatedLog {

  /**
   * Appends a command on the leader, together with what else is waiting, and answers once a
   * majority has it fsynced and this node has applied it.
   */
  CompletableFuture<Outcome> submit(Command command);

  /** The same, with somebody who is told when it is applied; for no one else's sake. */
  default CompletableFuture<Outcome> submit(Command command, TransactionTrace trace) {
    return submit(command);
  }

  /**
   * Proves that this node is still leader (a term round, shared by all who wait) and waits until
   * this node has applied all that was committed when the question was asked. Afterwards its state
   * includes everything that any node acknowledged before the call.
   *
   * @return the term that was proved
   */
  CompletableFuture<Long> proveLeadership();

  /**
   * Lets a follower know at once up to where the log is committed, unless an entry on its way does:
   * somebody waits there until it is applied. Does nothing on a follower.
   */
  void tellFollower(String nodeId);

  /** What this node knows of the leader now. Cheap. */
  Leadership leadership();

  /** Called on each change of {@link #leadership}, in order, on one thread; must not block. */
  void addLeadershipListener(java.util.function.Consumer<Leadership> listener);

  /**
   * Done unless this node is handing its leadership over just now: then when it is known who leads
   * next, or that it goes on itself. Meanwhile it takes no commands. Never fails.
   */
  default CompletableFuture<Void> handOver() {
    return CompletableFuture.completedFuture(null);
  }

  /** Told from now on when leadership is handed over by this node, or to it. */
  default void setVoteKeeper(VoteKeeper keeper) {}

  /** Whom this node knows as members now. Cheap. */
  GroupMembers members();

  /** The largest command that can be appended, encoded, in bytes. */
  int commandBytesMax();

  /** A tid candidate from this node's clock; see {@link Command.CommitTransaction#candidate}. */
  Tid tidCandidate();
}
