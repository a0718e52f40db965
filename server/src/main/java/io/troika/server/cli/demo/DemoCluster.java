package io.troika.server.cli.demo;

import java.io.IOException;

/** The nodes of a demo: processes of their own that the demo may kill. */
interface DemoCluster {

  /** All client addresses, {@code host:port} separated by commas. */
  String endpoints();

  /** The client addresses of the nodes that run. */
  String runningEndpoints();

  /** Ends the node's process with SIGKILL; returns when it is gone. */
  void kill(String nodeId) throws IOException, InterruptedException;

  /** Starts the node again with the data it has. */
  void restart(String nodeId) throws IOException;
}
