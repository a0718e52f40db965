package io.troika.server.node;

import io.troika.server.config.NodeConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** All nodes of a {@link ClusterLayout} in this JVM, for development and tests. Thread-safe. */
public final class LocalCluster implements AutoCloseable {
  private final ClusterLayout layout;
  private final @Nullable StorageCopier copier;
  private final Map<String, Node> running = Collections.synchronizedMap(new TreeMap<>());

  private LocalCluster(ClusterLayout layout, @Nullable StorageCopier copier) {
    this.layout = layout;
    this.copier = copier;
  }

  /** Starts all nodes at once; nothing is left running when one can't start. */
  public static LocalCluster start(ClusterLayout layout) throws IOException {
    return start(layout, null);
  }

  /** The same with nodes that can back storages up, unless {@code copier} is null. */
  public static LocalCluster start(ClusterLayout layout, @Nullable StorageCopier copier)
      throws IOException {
    LocalCluster cluster = new LocalCluster(layout, copier);
    try {
      cluster.forAll(layout.nodes(), config -> cluster.startNode(config));
      return cluster;
    } catch (IOException | RuntimeException e) {
      cluster.close();
      throw e;
    }
  }

  private Node startNode(NodeConfig config) throws IOException {
    Node node = Node.start(config, copier);
    running.put(config.nodeId(), node);
    return node;
  }

  public ClusterLayout layout() {
    return layout;
  }

  /** The nodes that run, ordered by node id. */
  public List<Node> nodes() {
    synchronized (running) {
      return List.copyOf(running.values());
    }
  }

  /** Stops one node; see {@link Node#close}. */
  public void stop(String nodeId) {
    take(nodeId).close();
  }

  /** Ends one node as a crash would; see {@link Node#closeAbruptly}. */
  public void kill(String nodeId) {
    take(nodeId).closeAbruptly();
  }

  private Node take(String nodeId) {
    Node node = running.remove(nodeId);
    if (node == null) {
      throw new IllegalArgumentException("node " + nodeId + " does not run");
    }
    return node;
  }

  /** Starts a node that was stopped, with the data it has. */
  public Node restart(String nodeId) throws IOException {
    NodeConfig config =
        layout.nodes().stream()
            .filter(node -> node.nodeId().equals(nodeId))
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException("no node " + nodeId));
    if (running.containsKey(nodeId)) {
      throw new IllegalArgumentException("node " + nodeId + " runs already");
    }
    return startNode(config);
  }

  /** Completes with the cause when any node that runs now breaks. */
  public CompletableFuture<Object> whenAnyBroken() {
    return CompletableFuture.anyOf(
        nodes().stream().map(Node::whenBroken).toArray(CompletableFuture<?>[]::new));
  }

  /**
   * Stops all nodes at once, without handing leadership from one that stops to the next. What was
   * acknowledged is in their logs.
   */
  @Override
  public void close() {
    List<Node> nodes = nodes();
    running.clear();
    try {
      forAll(
          nodes,
          node -> {
            node.closeAbruptly();
            return node;
          });
    } catch (IOException e) {
      throw new IllegalStateException("interrupted while nodes were stopping", e);
    }
  }

  private interface Task<T> {
    Object run(T subject) throws IOException;
  }

  private <T> void forAll(List<T> subjects, Task<T> task) throws IOException {
    ExecutorService threads = Executors.newFixedThreadPool(Math.max(1, subjects.size()));
    try {
      List<Callable<Object>> calls = new ArrayList<>();
      subjects.forEach(subject -> calls.add(() -> task.run(subject)));
      for (Future<Object> result : threads.invokeAll(calls)) {
        result.get();
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      threads.shutdown();
    }
  }
}
