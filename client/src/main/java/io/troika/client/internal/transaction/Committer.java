package io.troika.client.internal.transaction;

import io.troika.api.v1.HistoryId;
import io.troika.client.ConflictException;
import io.troika.client.HistoryReplacedException;
import io.troika.client.Revision;
import io.troika.client.Tid;
import io.troika.client.TransactionId;
import io.troika.client.internal.cache.RevisionCache;
import io.troika.client.internal.codec.CommitCodec.Content;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Commits a transaction; on a conflict lets the resolvers merge, and commits the merged objects
 * under a new id (the outcome of the old id is fixed: a conflict). What was committed goes to the
 * cache.
 */
final class Committer {
  private final StoreCalls calls;
  private final RevisionCache cache;
  private final ViewOpener views;
  private final Merger merger;

  Committer(StoreCalls calls, RevisionCache cache, ViewOpener views, Merger merger) {
    this.calls = calls;
    this.cache = cache;
    this.views = views;
    this.merger = merger;
  }

  Merger merger() {
    return merger;
  }

  /**
   * @param history in which the transaction began
   * @param ids gives the id under which it is sent, a new one after each merge
   */
  CompletableFuture<Tid> commit(long history, Content content, Supplier<TransactionId> ids) {
    return commit(new Origin(history, ids), content, 0);
  }

  private record Origin(long history, Supplier<TransactionId> ids) {}

  private CompletableFuture<Tid> commit(Origin origin, Content content, int merges) {
    Optional<HistoryId> history;
    try {
      history = views.nameOf(origin.history());
    } catch (HistoryReplacedException e) {
      return CompletableFuture.failedFuture(e);
    }
    CompletableFuture<Tid> committed =
        calls
            .commit(origin.ids().get(), content, history, merger.isAble())
            .thenApply(
                tid -> {
                  remember(origin.history(), content, tid, history.isPresent());
                  return tid;
                });
    return Merger.orMerged(
        committed,
        merges,
        conflict -> merger.isMergeable(conflict.conflicts(), content),
        conflict -> mergeAndCommit(origin, content, conflict, merges));
  }

  /**
   * Takes note of what is committed. Only what was written is known: an undo in the same
   * transaction may have the last word on an object.
   *
   * @param named whether it was sent with the name of that history: else it may be of one that was
   *     replaced before this client had heard of any
   */
  void remember(long history, Content content, Tid tid, boolean named) {
    views.saw(tid, history);
    if (!named || !content.undos().isEmpty()) {
      return;
    }
    content
        .writes()
        .forEach(
            (oid, written) -> {
              Revision revision = new Revision(oid, tid, written.data());
              cache.loaded(history, revision, tid.value(), 0);
            });
  }

  private CompletableFuture<Tid> mergeAndCommit(
      Origin origin, Content content, ConflictException conflict, int merges) {
    return merger
        .merge(content, conflict.conflicts())
        .thenCompose(
            merged ->
                merged.isPresent()
                    ? commit(origin, merged.get(), merges + 1)
                    : CompletableFuture.failedFuture(conflict));
  }
}
