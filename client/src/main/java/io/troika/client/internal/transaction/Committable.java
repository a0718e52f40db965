package io.troika.client.internal.transaction;

import io.troika.client.Tid;
import java.util.concurrent.CompletableFuture;

/** A transaction as {@link RunLoop} sees it. */
interface Committable extends AutoCloseable {
  /** Of the storage, or the storages, for listeners. */
  String name();

  boolean isOpen();

  /** Commits and waits. */
  Tid commit();

  /** Commits, whoever waits for it. */
  CompletableFuture<Tid> commitInternally();

  /** Aborts it if it is open. */
  @Override
  void close();
}
