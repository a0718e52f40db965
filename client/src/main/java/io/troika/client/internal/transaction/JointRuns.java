package io.troika.client.internal.transaction;

import io.troika.client.JointTransaction;
import io.troika.client.TransactionId;
import io.troika.client.TransactionOptions;
import io.troika.client.internal.ClientSettings;
import io.troika.client.internal.Listeners;
import io.troika.client.internal.connection.ClientThreads;
import io.troika.client.internal.connection.Cluster;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;

/** Transactions over several storages of a client. */
public final class JointRuns {
  private final Cluster cluster;
  private final ClientThreads threads;
  private final Supplier<TransactionId> ids;
  private final RunLoop runs;

  public JointRuns(
      ClientSettings settings,
      Cluster cluster,
      ClientThreads threads,
      Listeners listeners,
      Supplier<TransactionId> ids) {
    this.cluster = cluster;
    this.threads = threads;
    this.ids = ids;
    this.runs = new RunLoop(settings.timing().run(), listeners, threads);
  }

  /** One that the caller ends. */
  public JointTransaction begin(TransactionOptions options) {
    return start(options);
  }

  private BufferedJoint start(TransactionOptions options) {
    return new BufferedJoint(cluster, options, threads.users(), ids);
  }

  /** Runs a function in one, until one run is committed. */
  public <T> T run(TransactionOptions options, Function<JointTransaction, T> body) {
    return runs.<BufferedJoint, T>run(() -> start(options), body::apply).result();
  }

  /** The same without a thread that waits. */
  public <T> CompletableFuture<T> runAsync(
      TransactionOptions options, Function<JointTransaction, CompletableFuture<T>> body) {
    return runs.<BufferedJoint, T>runAsync(() -> start(options), body::apply);
  }

  /** Ends the runs that wait to run again. */
  public void close() {
    runs.close();
  }
}
