package io.troika.server.cli.output;

/** Told after each transaction or batch, for a progress bar. Called on the working thread. */
@FunctionalInterface
public interface TransactionProgress {
  TransactionProgress NONE = (position, size) -> {};

  /**
   * More is done.
   *
   * @param positionBytes how far in the file
   * @param endBytes where it will end
   */
  void advanced(long positionBytes, long endBytes);
}
