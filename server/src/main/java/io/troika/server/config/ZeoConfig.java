package io.troika.server.config;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The front for ZEO clients.
 *
 * @param listen where it listens; null for no such front
 * @param encoding what it announces; it reads what the client answers with
 * @param frameBytesMax the largest message of a client
 * @param connectionsMax open at once
 * @param transactionTimeout from a vote to the end of its transaction
 * @param createMissingStorages whether a storage that a client names is created; loopback only
 * @param packGarbage whether a client's pack removes objects that cannot be reached
 */
public record ZeoConfig(
    @Nullable HostAndPort listen,
    Encoding encoding,
    int frameBytesMax,
    int connectionsMax,
    Duration transactionTimeout,
    boolean createMissingStorages,
    boolean packGarbage) {

  /** How the messages of a connection are written. */
  public enum Encoding {
    PICKLE,
    MSGPACK
  }

  public static final ZeoConfig DEFAULT =
      new ZeoConfig(null, Encoding.PICKLE, 256 << 20, 4_096, Duration.ofSeconds(30), false, true);

  /** The same, listening. */
  public ZeoConfig listeningOn(HostAndPort address) {
    return new ZeoConfig(
        address,
        encoding,
        frameBytesMax,
        connectionsMax,
        transactionTimeout,
        createMissingStorages,
        packGarbage);
  }

  /** The same, creating what clients ask for or not. */
  public ZeoConfig creatingMissingStorages(boolean create) {
    return new ZeoConfig(
        listen, encoding, frameBytesMax, connectionsMax, transactionTimeout, create, packGarbage);
  }
}
