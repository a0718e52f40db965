package io.troika.server.peer;

import io.grpc.Server;
import io.troika.server.config.HostAndPort;
import io.troika.server.raft.peers.PeerEndpoints;
import io.troika.server.raft.peers.PeerTransport;
import io.troika.server.tls.NodeTls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the peers of this node; the other end is {@link GrpcPeerTransport}.
 *
 * <p>While it listens, this node is not taken for dead: start it before the Raft division can
 * become leader, close it after the division has stopped.
 */
public final class GrpcPeerServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GrpcPeerServer.class);
  private static final long CLOSE_SECONDS_MAX = 2;

  private final HostAndPort listen;
  private final Path directory;
  private final PeerNetwork network;
  private final ThreadPoolExecutor senders;
  private final Server server;

  /**
   * Prepares the server.
   *
   * @param listen where to listen; port 0 asks the system for a free one
   * @param directory holds checkpoints while they are sent, and nothing else; emptied at the start,
   *     must be on the file system of the database, for hard links
   * @param transport looks at suspects for those who ask; not closed with this server
   */
  public GrpcPeerServer(
      String nodeId,
      HostAndPort listen,
      Path directory,
      PeerEndpoints endpoints,
      PeerTransport transport,
      PeerSettings settings,
      NodeTls tls) {
    this.listen = listen;
    this.directory = directory;
    this.network = new PeerNetwork("peer-server-" + nodeId, tls);
    // No queue: a checkpoint that can't be sent now would be old when its turn comes.
    this.senders =
        new ThreadPoolExecutor(
            0,
            settings.checkpointStreamsMax(),
            1,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            GrpcPeerTransport.threads("peer-sender-" + nodeId));
    PeerService service =
        new PeerService(nodeId, directory, endpoints, transport, settings, senders);
    this.server = network.server(listen).addService(service).build();
  }

  /** Listens and answers from now on. */
  public void start() throws IOException {
    CheckpointFiles.delete(directory);
    Files.createDirectories(directory);
    try {
      server.start();
    } catch (IOException e) {
      throw listen.cannotListen(e);
    }
  }

  /** The port that it listens on. */
  public int port() {
    return server.getPort();
  }

  /** Ends all calls and stops listening; checkpoints that are being sent are given up. */
  @Override
  public void close() {
    server.shutdownNow();
    senders.shutdownNow();
    try {
      if (!server.awaitTermination(CLOSE_SECONDS_MAX, TimeUnit.SECONDS)
          || !senders.awaitTermination(CLOSE_SECONDS_MAX, TimeUnit.SECONDS)) {
        LOG.warn("calls of peers are still under way after {} s", CLOSE_SECONDS_MAX);
      }
    } catch (InterruptedException hurry) {
      Thread.currentThread().interrupt();
    }
    network.close();
  }
}
