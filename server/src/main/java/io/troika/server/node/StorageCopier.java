package io.troika.server.node;

import io.troika.server.config.NodeConfig;
import java.io.IOException;
import java.nio.file.Path;

/** Backs a storage up; the command line tool knows how, and hands it to its nodes. */
@FunctionalInterface
public interface StorageCopier {

  /**
   * Adds to the backup in a directory what it does not have yet.
   *
   * @param node asked for the cluster, as itself
   * @return what was done, in words
   * @throws IOException if it was not finished; so also with exceptions of the client
   */
  String copy(NodeConfig node, String storage, Path directory, Progress progress)
      throws IOException;

  /** Told after each transaction, on the calling thread. */
  @FunctionalInterface
  interface Progress {
    /** So many transactions are written, of about so many. */
    void written(long transactions, long expected);
  }
}
