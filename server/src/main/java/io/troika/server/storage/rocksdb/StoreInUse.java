package io.troika.server.storage.rocksdb;

import io.troika.server.core.model.LogPosition;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The open database of a store, for many threads, until it is closed or replaced.
 *
 * <p>A call into RocksDB that runs while the database is closed crashes the JVM: each use holds the
 * read side of a lock whose write side closes and replaces the database. While it is replaced, all
 * others wait; after {@link #close} they fail with IllegalStateException.
 *
 * <p>Of damage that a use meets those are told who wait for {@link #whenDamaged}.
 */
final class StoreInUse {
  private final String name;
  private final ReentrantReadWriteLock use = new ReentrantReadWriteLock();
  private final CompletableFuture<Throwable> damaged = new CompletableFuture<>();

  /** Null once closed; guarded by {@code use}. */
  private @Nullable OpenStore open;

  /**
   * @param name for messages
   */
  StoreInUse(String name, OpenStore open) {
    this.name = name;
    this.open = open;
  }

  <T> T with(Function<OpenStore, T> action) {
    try {
      return withUnheard(action);
    } catch (RuntimeException e) {
      throw heard(e);
    }
  }

  /** For whoever looks for damage, and tells of it himself. */
  <T> T withUnheard(Function<OpenStore, T> action) {
    use.readLock().lock();
    try {
      return action.apply(requireOpen());
    } finally {
      use.readLock().unlock();
    }
  }

  // As with, for what may not be there: NullAway knows no type argument that is nullable.
  <T> @Nullable T withOrNull(NullableAction<T> action) {
    try {
      use.readLock().lock();
      try {
        return action.apply(requireOpen());
      } finally {
        use.readLock().unlock();
      }
    } catch (RuntimeException e) {
      throw heard(e);
    }
  }

  /** For what fails by an IOException, which its caller hears. */
  LogPosition withDisk(DiskAction action) throws IOException {
    use.readLock().lock();
    try {
      return action.apply(requireOpen());
    } finally {
      use.readLock().unlock();
    }
  }

  /**
   * Never waits.
   *
   * @param replaced what is said while the database is being replaced
   */
  <T> T withAtOnce(Function<OpenStore, T> action, Supplier<T> replaced) {
    if (!use.readLock().tryLock()) {
      return replaced.get();
    }
    try {
      return action.apply(requireOpen());
    } finally {
      use.readLock().unlock();
    }
  }

  /** Whether somebody waits to close or replace the database, or for one who does. */
  boolean isAwaited() {
    return use.hasQueuedThreads();
  }

  /**
   * Completes when a use meets a file that is damaged or can't be read, on the thread of that use.
   */
  CompletableFuture<Throwable> whenDamaged() {
    return damaged.copy();
  }

  /**
   * Closes the database and puts another one in its place. When that does not open, the store is
   * closed.
   *
   * @return the position of the other one
   */
  LogPosition replace(Opening opening) throws IOException {
    return alone(
        () -> {
          requireOpen().close();
          open = null;
          OpenStore other = opening.open();
          open = other;
          return other.published().group().applied();
        });
  }

  /** Does what nobody else may use the store meanwhile for. */
  LogPosition alone(Exchange exchange) throws IOException {
    use.writeLock().lock();
    try {
      return exchange.run();
    } finally {
      use.writeLock().unlock();
    }
  }

  /** Once those who use it are done. */
  void close() {
    use.writeLock().lock();
    try {
      if (open != null) {
        open.close();
        open = null;
      }
    } finally {
      use.writeLock().unlock();
    }
  }

  private OpenStore requireOpen() {
    if (open == null) {
      throw new IllegalStateException("the store in " + name + " is closed");
    }
    return open;
  }

  private RuntimeException heard(RuntimeException failure) {
    if (StorageFailure.isDamage(failure)) {
      damaged.complete(failure);
    }
    return failure;
  }

  interface NullableAction<T> {
    @Nullable T apply(OpenStore store);
  }

  interface DiskAction {
    LogPosition apply(OpenStore store) throws IOException;
  }

  interface Opening {
    OpenStore open() throws IOException;
  }

  interface Exchange {
    LogPosition run() throws IOException;
  }
}
