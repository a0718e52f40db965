package io.troika.server.cli;

/**
 * How many threads carry connections in a process of ours. Netty makes two for each processor, so
 * that the answers to eight clients wake four threads of two processors; fewer find more to do each
 * time they wake. What is set on the command line stays.
 */
final class EventLoops {
  /** Of clients' connections: calls are also served there, so all processors should have one. */
  private static final String CLIENTS = "io.grpc.netty.shaded.io.netty.eventLoopThreads";

  /** Of Ratis's connections between nodes, which has a Netty of its own. */
  private static final String RAFT = "org.apache.ratis.thirdparty.io.netty.eventLoopThreads";

  private static final int CLIENTS_MIN = 2;

  private EventLoops() {}

  /** Before the first connection is made. */
  static void settle() {
    int processors = Runtime.getRuntime().availableProcessors();
    settle(CLIENTS, Math.max(CLIENTS_MIN, processors));
    settle(RAFT, Math.max(1, processors / 2));
  }

  private static void settle(String property, int threads) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, Integer.toString(threads));
    }
  }
}
