package io.troika.it.bench;

import java.io.IOException;

/** A replicated system that can be asked to make a small write durable. */
interface CommitTarget extends AutoCloseable {
  String name();

  /** A client, used by one thread; see {@link Connections} for what it shares with others. */
  Worker worker(int number) throws Exception;

  /** So many clients come next: connections that they don't use are closed. */
  void prepare(int clients) throws IOException;

  @Override
  void close() throws IOException;

  /** One client. */
  interface Worker {
    /** Returns once the write is acknowledged. */
    void commit() throws Exception;
  }
}
