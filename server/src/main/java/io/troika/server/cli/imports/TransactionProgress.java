package io.troika.server.cli.imports;

/** Told after each transaction, for a progress bar. Called on the importing thread. */
@FunctionalInterface
public interface TransactionProgress {
  TransactionProgress NONE = (position, size) -> {};

  /**
   * One more transaction is done.
   *
   * @param positionBytes how far in the file
   * @param fileSizeBytes its size
   */
  void advanced(long positionBytes, long fileSizeBytes);
}
