package io.troika.client.internal.connection;

import io.troika.client.internal.Listeners;
import java.util.Optional;

/** What the calls of one client share. */
interface CallContext {
  Nodes nodes();

  GroupLeaders leaders();

  MemberWatch members();

  /** Why no call may be sent now; empty: it may. See {@link ClusterIdentity#refusal}. */
  Optional<String> refusal();

  RetryTokens tokens();

  Listeners listeners();

  CallTracing tracing();

  /** After so long a silent node is suspected. */
  long hedgeNanos();

  /** Where a new call begins in the ring of nodes. */
  int firstTurn();

  /** The node for a call that any node may answer; the turn counts up with each try. */
  Node anyNode(CallPlan plan, int turn);

  /** Runs something after a pause; soon when the client is being closed. */
  void later(Runnable task, long nanos);

  /** The call is over; it waits for no leader any more. */
  void ended(RetryLoop<?, ?> call, Runnable waiter);
}
