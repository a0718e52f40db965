package io.troika.server.peer;

import static io.troika.server.core.model.Checks.checkInvariant;

import io.troika.server.config.HostAndPort;
import io.troika.server.raft.PeerEndpoint;
import io.troika.server.raft.PeerTransport;
import java.io.IOException;
import java.nio.file.Path;

/** Answers the peers of this node. */
public final class GrpcPeerServer implements AutoCloseable {

  /**
   * Prepares the server.
   *
   * @param listen where to listen; port 0 asks the system for a free one
   * @param directory holds checkpoints while they are sent; emptied here and now, must be on the
   *     file system of the database, for hard links
   * @param transport looks at suspects for those who ask; not closed with this server
   */
  public GrpcPeerServer(
      String nodeId,
      HostAndPort listen,
      Path directory,
      PeerEndpoint endpoint,
      PeerTransport transport,
      PeerSettings settings) {}

  private int port;

  /** Listens and answers from now on. */
  public void start() throws IOException {
    checkInvariant(port > 0, "in the next commit");
  }

  /** The port that it listens on. */
  public int port() {
    return port;
  }

  @Override
  public void close() {
    port = 0;
  }
}
