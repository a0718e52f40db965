package io.troika.client.internal.connection;

import io.troika.client.CommitOutcomeUnknownException;
import io.troika.client.DifferentClusterException;
import io.troika.client.TransactionId;
import io.troika.client.TroikaException;
import io.troika.client.UnavailableException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the caller of one call hears when that ends without an answer: of what kind the failure is,
 * and what was tried in vain. Safe for any thread.
 */
final class Unanswered {
  private final CallContext context;
  private final Rpc<?, ?> rpc;
  private final CallPlan plan;

  Unanswered(CallContext context, Rpc<?, ?> rpc, CallPlan plan) {
    this.context = context;
    this.rpc = rpc;
    this.plan = plan;
  }

  /**
   * Time is up, or nobody waits any more.
   *
   * @param mayHaveHappened whether a node may have done it
   * @param tried as {@link #describe} says it
   */
  TroikaException noAnswer(String why, boolean mayHaveHappened, String tried) {
    String message = "%s: %s%s".formatted(rpc.name(), why, tried);
    return plan.commits()
        .<TroikaException>map(
            id ->
                mayHaveHappened
                    ? unknown(message, id, null)
                    : new UnavailableException(message + "; nothing was committed", null))
        .orElseGet(() -> new UnavailableException(message, null));
  }

  /**
   * A try was not let in, but a node may have done it at one before.
   *
   * @param tried as {@link #describe} says it
   */
  TroikaException notLetIn(TroikaException failure, String tried) {
    return plan.commits()
        .<TroikaException>map(
            id ->
                unknown("%s: %s%s".formatted(rpc.name(), failure.getMessage(), tried), id, failure))
        .orElse(failure);
  }

  /** It would go to nobody knows which cluster. */
  TroikaException differentCluster(String why) {
    return new DifferentClusterException("%s: %s".formatted(rpc.name(), why));
  }

  private static CommitOutcomeUnknownException unknown(
      String message, TransactionId id, @Nullable Throwable cause) {
    return new CommitOutcomeUnknownException(
        message + "; outcome of transaction " + id + " unknown", id, cause);
  }

  /**
   * How many tries, what each address did; why none could be tried.
   *
   * @param failures of tries, each with its address
   * @param silent the try that was under way to the end; null if none was
   */
  String describe(int tries, List<String> failures, @Nullable String silent) {
    List<String> troubles = new ArrayList<>(failures);
    if (silent != null) {
      troubles.add(silent);
    } else if (rpc.route() == Rpc.Route.LEADER && !context.leaders().of(plan).current().isKnown()) {
      troubles.add("no leader was found");
      context.nodes().known().forEach(node -> troubles.add(node.describe()));
    }
    String counted = tries == 1 ? "1 try" : tries + " tries";
    return troubles.isEmpty()
        ? ", " + counted
        : ", %s (%s)".formatted(counted, String.join("; ", troubles));
  }
}
