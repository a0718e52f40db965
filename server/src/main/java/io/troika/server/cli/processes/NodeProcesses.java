package io.troika.server.cli.processes;

import io.troika.server.config.NodeConfig;
import io.troika.server.node.ClusterLayout;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.ObjIntConsumer;

/**
 * The nodes of a {@link ClusterLayout} as processes of their own. They end with {@link #close}, and
 * also when this process ends in any other way, SIGKILL included: each stops when its standard
 * input, a pipe from here, ends. Thread-safe.
 */
public final class NodeProcesses implements AutoCloseable {
  /** By name, because it stands on this class. */
  static final String MAIN_CLASS = "io.troika.server.cli.TroikaCommand";

  private static final long STOP_SECONDS_MAX = 8;
  private static final long POLL_MILLIS = 200;

  private final ClusterLayout layout;
  private final Map<String, Process> running = Collections.synchronizedMap(new TreeMap<>());
  private volatile boolean closing;

  private NodeProcesses(ClusterLayout layout) {
    this.layout = layout;
  }

  /** Starts all nodes; does not wait until they serve. */
  public static NodeProcesses start(ClusterLayout layout) throws IOException {
    NodeProcesses processes = new NodeProcesses(layout);
    try {
      for (NodeConfig node : layout.nodes()) {
        processes.start(node.nodeId());
      }
      return processes;
    } catch (IOException | RuntimeException e) {
      processes.close();
      throw e;
    }
  }

  /** Starts one node, with the data it has. Its output goes to {@code node.log}. */
  public void start(String nodeId) throws IOException {
    Path log = log(nodeId);
    synchronized (running) {
      if (closing || running.containsKey(nodeId)) {
        throw new IllegalStateException("node " + nodeId + " runs, or all are being stopped");
      }
      running.put(
          nodeId,
          new ProcessBuilder(command(nodeId))
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
              .start());
    }
  }

  private List<String> command(String nodeId) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(JvmOptions.own());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(MAIN_CLASS);
    command.addAll(List.of("serve", "--stop-with-stdin"));
    command.addAll(List.of("--config", layout.configFile(nodeId).toString()));
    return command;
  }

  public ClusterLayout layout() {
    return layout;
  }

  /** What the node printed, all its starts together. */
  public Path log(String nodeId) {
    return layout.configFile(nodeId).resolveSibling("node.log");
  }

  /** The process id of a node that runs. */
  public long pid(String nodeId) {
    return process(nodeId).pid();
  }

  /** Ids of the nodes that were started and not killed, dead ones included. */
  public List<String> ids() {
    synchronized (running) {
      return List.copyOf(running.keySet());
    }
  }

  /** SIGKILL; returns when the process is gone. */
  public void kill(String nodeId) throws InterruptedException {
    Process process = process(nodeId).destroyForcibly();
    process.waitFor();
    running.remove(nodeId);
  }

  /**
   * Fails when a node has ended that nobody killed.
   *
   * @throws IOException naming the node and its log
   */
  public void requireAlive() throws IOException {
    for (String id : ids()) {
      Process process = process(id);
      if (!process.isAlive() && !closing) {
        throw new IOException(
            "node %s ended with exit code %s; see %s".formatted(id, process.exitValue(), log(id)));
      }
    }
  }

  /**
   * Returns when all nodes have ended; for a watching thread.
   *
   * @param onEnd told of each node that ended by itself, with its exit code
   */
  public void awaitAllEnded(ObjIntConsumer<String> onEnd) throws InterruptedException {
    List<String> alive = new ArrayList<>(ids());
    while (!alive.isEmpty()) {
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      for (String id : List.copyOf(alive)) {
        Process process = process(id);
        if (!process.isAlive()) {
          alive.remove(id);
          if (!closing) {
            onEnd.accept(id, process.exitValue());
          }
        }
      }
    }
  }

  private Process process(String nodeId) {
    Process process = running.get(nodeId);
    if (process == null) {
      throw new IllegalArgumentException("node " + nodeId + " does not run");
    }
    return process;
  }

  /** SIGTERM to all, SIGKILL to those that do not end in time. Returns when all are gone. */
  @Override
  public void close() {
    closing = true;
    List<Process> ending;
    synchronized (running) {
      ending = List.copyOf(running.values());
    }
    ending.forEach(Process::destroy);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(STOP_SECONDS_MAX);
    for (Process process : ending) {
      try {
        if (!process.waitFor(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
          process.destroyForcibly().waitFor();
        }
      } catch (InterruptedException e) {
        process.destroyForcibly();
        Thread.currentThread().interrupt();
      }
    }
  }
}
