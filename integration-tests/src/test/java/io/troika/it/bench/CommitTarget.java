package io.troika.it.bench;

import java.io.IOException;

/** A replicated system that can be asked to make a small write durable. */
interface CommitTarget extends AutoCloseable {
  String name();

  /** A client with a connection of its own, used by one thread. */
  Worker worker(int number) throws Exception;

  @Override
  void close() throws IOException;

  /** One client. */
  interface Worker extends AutoCloseable {
    /** Returns once the write is acknowledged. */
    void commit() throws Exception;

    @Override
    void close() throws IOException;
  }
}
