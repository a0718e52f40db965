package io.troika.client.internal.connection;

import io.troika.client.TransactionId;
import java.time.Duration;
import java.util.Optional;

/**
 * How one call is made.
 *
 * @param timeout with all its tries
 * @param spent how much of that its caller has waited already
 * @param tryTimeout for one try
 * @param commits the transaction that it commits: then a failure may leave the outcome unknown
 * @param node host:port of the only node that is meant; empty: as the call's route says
 * @param storage that it is about: the leader of its Raft group is meant; empty: about none
 * @param group the Raft group whose leader is meant, whatever the storage; empty: that of the
 *     storage
 */
public record CallPlan(
    Duration timeout,
    Duration spent,
    Duration tryTimeout,
    Optional<TransactionId> commits,
    Optional<String> node,
    String storage,
    String group) {

  /** An ordinary call. */
  public static CallPlan within(Duration timeout, Duration tryTimeout) {
    return new CallPlan(
        timeout, Duration.ZERO, tryTimeout, Optional.empty(), Optional.empty(), "", "");
  }

  /** For what takes long by nature: a node that is still at work must not be asked twice. */
  public static CallPlan patient(Duration timeout) {
    return within(timeout, timeout);
  }

  /** The same for a call that commits. */
  public CallPlan committing(TransactionId id) {
    return new CallPlan(timeout, spent, tryTimeout, Optional.of(id), node, storage, group);
  }

  /** The same for one node only. */
  public CallPlan at(String address) {
    return new CallPlan(timeout, spent, tryTimeout, commits, Optional.of(address), storage, group);
  }

  /** The same for a caller who has waited already. */
  public CallPlan after(Duration waited) {
    return new CallPlan(timeout, waited, tryTimeout, commits, node, storage, group);
  }

  /** The same about a storage. */
  public CallPlan about(String name) {
    return new CallPlan(timeout, spent, tryTimeout, commits, node, name, group);
  }

  /** The same for the leader of a Raft group. */
  public CallPlan toLeaderOf(String name) {
    return new CallPlan(timeout, spent, tryTimeout, commits, node, storage, name);
  }

  /** What is left when the call begins. */
  Duration left() {
    return timeout.minus(spent);
  }
}
