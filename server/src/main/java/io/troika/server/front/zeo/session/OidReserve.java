package io.troika.server.front.zeo.session;

import io.troika.server.core.command.Outcome.OidsAllocated;
import io.troika.server.core.model.Oid;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Oids of one storage that nobody else is given, taken from the cluster a block at a time. The next
 * block is fetched when a quarter of the current one is left, so that clients seldom wait for it;
 * at most two blocks are here. What is here when the node ends is lost, and so is a block whose
 * answer was. Safe for any thread.
 */
final class OidReserve {
  private final Supplier<CompletableFuture<OidsAllocated>> source;

  private Block current = Block.NONE; // guarded by this
  private Block spare = Block.NONE; // guarded by this
  private long refillAt; // guarded by this
  private @Nullable CompletableFuture<Void> fetching; // guarded by this

  /** The oids from {@code first} on. */
  record Block(Oid first, long count) {
    static final Block NONE = new Block(Oid.ROOT, 0);

    /** Without the root's oid: the first one of a new storage, it is everybody's in ZODB. */
    private static Block of(OidsAllocated allocated) {
      Block all = new Block(allocated.first(), allocated.count());
      return allocated.first().equals(Oid.ROOT) ? all.after(1) : all;
    }

    Oid oid(long index) {
      return new Oid(first.value() + index);
    }

    private Block after(long taken) {
      return new Block(oid(taken), count - taken);
    }
  }

  /**
   * Begins empty.
   *
   * @param source takes a block from the cluster
   */
  OidReserve(Supplier<CompletableFuture<OidsAllocated>> source) {
    this.source = source;
  }

  /** Oids for new objects: at most {@code countMax}, at least one. */
  CompletableFuture<Block> take(int countMax) {
    Block taken;
    CompletableFuture<Void> awaited = null;
    boolean isNew = false;
    synchronized (this) {
      if (current.count() == 0) {
        current = spare;
        spare = Block.NONE;
        refillAt = current.count() / 4;
      }
      taken = new Block(current.first(), Math.min(current.count(), countMax));
      current = current.after(taken.count());
      if (spare.count() == 0 && current.count() <= refillAt) {
        isNew = fetching == null;
        awaited = isNew ? new CompletableFuture<>() : fetching;
        fetching = awaited;
      }
    }
    if (isNew && awaited != null) {
      fetch(awaited);
    }
    if (taken.count() > 0) {
      // Should the fetch fail, who finds nothing left tries again and hears of it.
      return CompletableFuture.completedFuture(taken);
    }
    return awaited == null ? take(countMax) : awaited.thenCompose(done -> take(countMax));
  }

  private void fetch(CompletableFuture<Void> installed) {
    CompletableFuture<?> unused =
        source
            .get()
            .whenComplete(
                (allocated, failure) -> {
                  install(installed, allocated);
                  if (failure == null) {
                    installed.complete(null);
                  } else {
                    installed.completeExceptionally(failure);
                  }
                });
  }

  private synchronized void install(
      CompletableFuture<Void> fetched, @Nullable OidsAllocated allocated) {
    if (fetching != fetched) {
      return; // dropped while it was on its way
    }
    fetching = null;
    if (allocated != null) {
      spare = Block.of(allocated);
    }
  }

  /** Forgets what is here and on its way: what is taken from now on is allocated from now on. */
  synchronized void drop() {
    current = Block.NONE;
    spare = Block.NONE;
    fetching = null;
  }
}
