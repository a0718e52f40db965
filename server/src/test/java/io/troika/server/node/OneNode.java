package io.troika.server.node;

import static java.util.Objects.requireNonNull;
import static org.awaitility.Awaitility.await;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import io.troika.client.ObjectStore;
import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A whole server of one node in this JVM, for tests that want a new storage each: register it as a
 * static extension, it runs from before the first test of the class until after the last.
 */
public final class OneNode implements BeforeAllCallback, AfterAllCallback {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Deque<AutoCloseable> ending = new ArrayDeque<>();
  private final AtomicInteger stores = new AtomicInteger();
  private @Nullable LocalCluster cluster;
  private @Nullable TroikaClient client;

  @Override
  public void beforeAll(ExtensionContext context) throws IOException {
    Path directory = Files.createTempDirectory("one-node-");
    ending.push(() -> MoreFiles.deleteRecursively(directory, RecursiveDeleteOption.ALLOW_INSECURE));
    LocalCluster started = LocalCluster.start(ClusterLayout.onFreePorts(directory, 1));
    ending.push(started);
    cluster = started;
    TroikaClient connected =
        TroikaClient.builder()
            .endpoints(started.layout().endpoints())
            .callTimeout(PATIENCE)
            .build();
    ending.push(connected);
    client = connected;
    await()
        .atMost(PATIENCE)
        .ignoreExceptionsInstanceOf(TroikaException.class)
        .until(() -> connected.store("main").info().transactionCount() == 0);
  }

  /** Called by JUnit also when the start has failed half way. */
  @Override
  public void afterAll(ExtensionContext context) throws Exception {
    while (!ending.isEmpty()) {
      ending.pop().close();
    }
  }

  /** An empty storage that nobody else uses. */
  public ObjectStore newStore() {
    TroikaClient connected = requireNonNull(client);
    String name = "store-" + stores.incrementAndGet();
    return connected.store(connected.admin().createStorage(name).name());
  }

  public String endpoints() {
    return requireNonNull(cluster).layout().endpoints();
  }

  /** Where its ZEO clients connect to. */
  public String zeoAddresses() {
    return requireNonNull(cluster).layout().zeoAddresses();
  }
}
