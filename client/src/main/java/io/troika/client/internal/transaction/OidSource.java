package io.troika.client.internal.transaction;

import io.troika.client.Oid;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Oids that nobody else is given, taken from the cluster a block at a time. The next block is
 * fetched when a quarter of the current one is left, so that {@link #next} seldom waits. Safe for
 * any thread.
 */
final class OidSource {
  private static final Block NONE = new Block(0, 0);

  private final Supplier<CompletableFuture<Block>> fetch;
  private final LongSupplier history;
  private Block current = NONE;
  private Block spare = NONE;
  private long used;
  private long blocksOfHistory;
  private @Nullable CompletableFuture<Block> fetching;

  /** The oids from {@code first} on. */
  record Block(long first, int count) {
    /** Without oid 0, where ZODB programs have their root: they take whatever is there for that. */
    Block withoutRoot() {
      return first == 0 && count > 0 ? new Block(1, count - 1) : this;
    }
  }

  /**
   * @param fetch takes a block from the cluster
   * @param history the number of the storage's history: another one knows nothing of our blocks
   */
  OidSource(Supplier<CompletableFuture<Block>> fetch, LongSupplier history) {
    this.fetch = fetch;
    this.history = history;
  }

  /** An oid for a new object. */
  CompletableFuture<Oid> next() {
    CompletableFuture<Block> awaited = null;
    Oid oid = null;
    synchronized (this) {
      dropBlocksOfOldHistory();
      if (used == current.count()) {
        current = spare;
        spare = NONE;
        used = 0;
      }
      if (used < current.count()) {
        oid = new Oid(current.first() + used);
        used++;
      }
      if (spare.count() == 0 && current.count() - used <= current.count() / 4) {
        awaited = fetching == null ? fetch() : fetching;
      }
    }
    if (oid != null) {
      return CompletableFuture.completedFuture(oid);
    }
    return awaited == null ? next() : awaited.thenCompose(ignored -> next());
  }

  private CompletableFuture<Block> fetch() {
    long fetchedFor = blocksOfHistory;
    CompletableFuture<Block> answer = fetch.get();
    fetching = answer;
    // The future handed out completes after the block is in place.
    CompletableFuture<Block> installed =
        answer.whenComplete((block, failure) -> install(fetchedFor, block));
    if (fetching == answer) {
      fetching = installed;
    }
    return installed;
  }

  private synchronized void install(long fetchedFor, @Nullable Block block) {
    fetching = null;
    if (block != null && fetchedFor == blocksOfHistory) {
      spare = block.withoutRoot();
    }
  }

  private void dropBlocksOfOldHistory() {
    long now = history.getAsLong();
    if (blocksOfHistory != now) {
      blocksOfHistory = now;
      current = NONE;
      spare = NONE;
      used = 0;
    }
  }
}
