package io.troika.server.node;

import static org.awaitility.Awaitility.await;

import io.troika.client.ObjectStore;
import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** A whole server of one node in this JVM, for tests that want a new storage each. Thread-safe. */
public final class OneNode implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final LocalCluster cluster;
  private final TroikaClient client;
  private final AtomicInteger stores = new AtomicInteger();

  private OneNode(LocalCluster cluster) {
    this.cluster = cluster;
    this.client = TroikaClient.connect(cluster.layout().endpoints());
  }

  /** Starts it; it can serve on return. */
  public static OneNode start(Path directory) throws IOException {
    OneNode node = new OneNode(LocalCluster.start(ClusterLayout.onFreePorts(directory, 1)));
    try {
      await()
          .atMost(PATIENCE)
          .ignoreExceptionsInstanceOf(TroikaException.class)
          .until(() -> node.client.store("main").info().transactionCount() == 0);
      return node;
    } catch (RuntimeException e) {
      node.close();
      throw e;
    }
  }

  /** An empty storage that nobody else uses. */
  public ObjectStore newStore() {
    String name = "store-" + stores.incrementAndGet();
    return client.store(client.admin().createStorage(name).name());
  }

  public String endpoints() {
    return cluster.layout().endpoints();
  }

  @Override
  public void close() {
    client.close();
    cluster.close();
  }
}
