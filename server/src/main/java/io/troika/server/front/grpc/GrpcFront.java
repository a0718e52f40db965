package io.troika.server.front.grpc;

import io.grpc.BindableService;
import io.troika.server.config.HostAndPort;
import io.troika.server.service.StoreService;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * The gRPC server of a node: ObjectStore, health, reflection, and what other services it is given.
 */
@SuppressWarnings("DoNotCallSuggester") // filled in the next commit
public final class GrpcFront implements AutoCloseable {
  private GrpcFront() {}

  /**
   * Binds and serves.
   *
   * @param address port 0 asks the system for a free one, see {@link #port}
   * @param others further services behind the same port, errors mapped alike (Admin)
   * @throws IOException if the address can't be bound
   */
  public static GrpcFront start(
      HostAndPort address, StoreService service, List<BindableService> others) throws IOException {
    throw new IOException("in the next commit");
  }

  /** The port that is listened on. */
  public int port() {
    return 0;
  }

  /**
   * Takes no new calls, ends watches with Lost, lets the others finish for at most {@code
   * patience}, then cuts them off.
   */
  public void stop(Duration patience) {}

  /** Stops with a patience of 5 s. */
  @Override
  public void close() {}
}
