package io.troika.client.internal.transaction;

import io.troika.client.JointTransaction;
import io.troika.client.ObjectStore;
import io.troika.client.Tid;
import io.troika.client.TransactionId;
import io.troika.client.TransactionOptions;
import io.troika.client.TransactionPart;
import io.troika.client.internal.Futures;
import io.troika.client.internal.connection.Cluster;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A transaction over several storages: a part for each one that was asked for. */
final class BufferedJoint implements JointTransaction, Committable {
  private final Cluster cluster;
  private final TransactionOptions options;
  private final Executor users;
  private final Progress progress;
  private final Map<String, BufferedPart> parts = new LinkedHashMap<>();

  BufferedJoint(
      Cluster cluster, TransactionOptions options, Executor users, Supplier<TransactionId> ids) {
    this.cluster = cluster;
    this.options = options;
    this.users = users;
    this.progress = new Progress(ids);
  }

  @Override
  public TransactionPart in(ObjectStore store) {
    progress.requireOpen();
    StoreParts wanted = partsOf(store);
    return parts.computeIfAbsent(store.name(), name -> new BufferedPart(wanted, options, progress));
  }

  private StoreParts partsOf(ObjectStore store) {
    if (store instanceof StoreClient client && client.parts().calls().isOf(cluster)) {
      return client.parts();
    }
    throw new IllegalArgumentException("storage '" + store.name() + "' is of another client");
  }

  @Override
  public String name() {
    return String.join(", ", parts.keySet());
  }

  @Override
  public Tid commit() {
    return Futures.await(commitInternally(), progress::interruptedCommit);
  }

  @Override
  public CompletableFuture<Tid> commitAsync() {
    return Futures.onExecutor(commitInternally(), users);
  }

  @Override
  public CompletableFuture<Tid> commitInternally() {
    progress.committing();
    return send(wanted()).whenComplete((tid, failure) -> letGo(progress.ended(failure)));
  }

  /**
   * The parts that a commit is about. What was read in one storage was true at the moment of its
   * view, and needs no check; but two views are of two moments.
   */
  private List<BufferedPart> wanted() {
    boolean changes = parts.values().stream().anyMatch(part -> !part.changesNothing());
    boolean checks = parts.size() > 1 && parts.values().stream().anyMatch(BufferedPart::hasChecks);
    return changes || checks
        ? parts.values().stream()
            .filter(part -> !part.changesNothing() || part.hasChecks())
            .toList()
        : List.of();
  }

  private CompletableFuture<Tid> send(List<BufferedPart> wanted) {
    if (wanted.isEmpty()) {
      return CompletableFuture.completedFuture(Tid.NONE);
    }
    CompletableFuture<?> ready =
        CompletableFuture.allOf(
            wanted.stream().map(BufferedPart::serialsKnown).toArray(CompletableFuture<?>[]::new));
    if (wanted.size() == 1) {
      BufferedPart only = wanted.get(0);
      return ready.thenCompose(
          ignored ->
              only.parts().committer().commit(only.history(), only.content(), progress::nextId));
    }
    return ready.thenCompose(
        ignored ->
            new JointCommitter(cluster, progress::nextId)
                .commit(wanted.stream().map(JointCommitter.Share::of).toList()));
  }

  @Override
  public void abort() {
    letGo(progress.aborted());
  }

  private void letGo(@Nullable TransactionId staged) {
    parts.values().stream().findFirst().ifPresent(part -> part.letGo(staged));
  }

  @Override
  public boolean isOpen() {
    return progress.isOpen();
  }

  @Override
  public void close() {
    if (isOpen()) {
      abort();
    }
  }
}
