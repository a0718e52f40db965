package io.troika.client;

/** A running {@link ObjectStore#watch}; ends when closed, or with its client. */
public interface Watch extends AutoCloseable {
  /** Ends the watch; a call of its listener that is under way ends by itself. */
  @Override
  void close();
}
