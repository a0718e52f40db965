package io.troika.client.internal.transaction;

import io.troika.api.v1.HistoryId;
import io.troika.api.v1.LoadedObject;
import io.troika.client.Bytes;
import io.troika.client.ConflictException;
import io.troika.client.ConflictResolver;
import io.troika.client.HistoryReplacedException;
import io.troika.client.ObjectConflict;
import io.troika.client.Oid;
import io.troika.client.Revision;
import io.troika.client.Tid;
import io.troika.client.TransactionId;
import io.troika.client.internal.Futures;
import io.troika.client.internal.cache.RevisionCache;
import io.troika.client.internal.codec.CommitCodec.Content;
import io.troika.client.internal.codec.CommitCodec.WrittenObject;
import io.troika.client.internal.codec.MalformedAnswerException;
import io.troika.client.internal.codec.ValueCodec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Commits a transaction; on a conflict lets the resolvers merge, and commits the merged objects
 * under a new id (the outcome of the old id is fixed: a conflict). What was committed goes to the
 * cache.
 */
final class Committer {
  /** Each further round means that yet another transaction came first. */
  private static final int MERGES_MAX = 10;

  private final StoreCalls calls;
  private final RevisionCache cache;
  private final ViewOpener views;
  private final List<ConflictResolver> resolvers;
  private final Executor users;

  Committer(
      StoreCalls calls,
      RevisionCache cache,
      ViewOpener views,
      List<ConflictResolver> resolvers,
      Executor users) {
    this.calls = calls;
    this.cache = cache;
    this.views = views;
    this.resolvers = List.copyOf(resolvers);
    this.users = users;
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
    CompletableFuture<Tid> result = new CompletableFuture<>();
    Optional<HistoryId> history;
    try {
      history = views.nameOf(origin.history());
    } catch (HistoryReplacedException e) {
      return CompletableFuture.failedFuture(e);
    }
    Futures.whenDone(
        calls.commit(origin.ids().get(), content, history, !resolvers.isEmpty()),
        (tid, reason) -> {
          if (reason == null) {
            remember(origin, content, tid);
            result.complete(tid);
          } else if (reason instanceof ConflictException conflict
              && merges < MERGES_MAX
              && isMergeable(conflict, content)) {
            Futures.whenDone(
                mergeAndCommit(origin, content, conflict, merges),
                (merged, last) -> Futures.settle(result, merged, last));
          } else {
            result.completeExceptionally(reason);
          }
        });
    return result;
  }

  private void remember(Origin origin, Content content, Tid tid) {
    views.saw(tid, origin.history());
    content
        .writes()
        .forEach(
            (oid, written) -> {
              Revision revision = new Revision(oid, tid, written.data());
              cache.loaded(origin.history(), revision, tid.value(), 0);
            });
  }

  private boolean isMergeable(ConflictException conflict, Content content) {
    // The merged transaction has another id, and blobs are staged under this one.
    return !resolvers.isEmpty()
        && content.writes().values().stream().allMatch(each -> each.blob() == null)
        && !conflict.conflicts().isEmpty()
        && conflict.conflicts().stream()
            .allMatch(
                each ->
                    each.kind() == ObjectConflict.Kind.WRITE
                        && !each.serialRead().isNone()
                        && !each.serialCurrent().isNone()
                        && content.writes().containsKey(each.oid()));
  }

  private CompletableFuture<Tid> mergeAndCommit(
      Origin origin, Content content, ConflictException conflict, int merges) {
    List<CompletableFuture<Sides>> loads = conflict.conflicts().stream().map(this::load).toList();
    return CompletableFuture.allOf(loads.toArray(CompletableFuture<?>[]::new))
        // Resolvers are users' code, so not on an event loop.
        .thenApplyAsync(
            ignored -> merge(content, loads.stream().map(CompletableFuture::join).toList()), users)
        .thenCompose(
            merged ->
                merged.isPresent()
                    ? commit(origin, merged.get(), merges + 1)
                    : CompletableFuture.failedFuture(conflict));
  }

  /** What the transaction started from, and what was committed since. */
  private record Sides(Revision old, Revision committed) {}

  private CompletableFuture<Sides> load(ObjectConflict conflict) {
    return revision(conflict.oid(), conflict.serialRead())
        .thenCombine(committed(conflict), Sides::new);
  }

  /** Came with the conflict, unless there was too much of it. */
  private CompletableFuture<Revision> committed(ObjectConflict conflict) {
    return conflict
        .currentData()
        .map(data -> new Revision(conflict.oid(), conflict.serialCurrent(), data))
        .map(CompletableFuture::completedFuture)
        .orElseGet(() -> revision(conflict.oid(), conflict.serialCurrent()));
  }

  private CompletableFuture<Revision> revision(Oid oid, Tid serial) {
    Revision cached = cache.find(cache.history(), oid, serial.value());
    if (cached != null && cached.serial().equals(serial)) {
      return CompletableFuture.completedFuture(cached);
    }
    return calls
        .loadSerial(oid, serial)
        .thenApply(
            loaded -> {
              if (loaded.getStatus() != LoadedObject.Status.FOUND) {
                throw new MalformedAnswerException(
                    "oid " + oid + " in conflict: its revision " + serial + " is not there");
              }
              return ValueCodec.revision(loaded);
            });
  }

  /** Empty if an object can't be merged. */
  private Optional<Content> merge(Content content, List<Sides> conflicting) {
    Map<Oid, WrittenObject> writes = new LinkedHashMap<>(content.writes());
    for (Sides sides : conflicting) {
      Oid oid = sides.old().oid();
      WrittenObject mine = writes.get(oid);
      Optional<Bytes> merged = mine == null ? Optional.empty() : resolve(sides, mine.data());
      if (merged.isEmpty()) {
        return Optional.empty();
      }
      writes.put(oid, new WrittenObject(sides.committed().serial(), merged.get()));
    }
    return Optional.of(content.withWrites(writes));
  }

  private Optional<Bytes> resolve(Sides sides, Bytes mine) {
    ConflictResolver.Input input =
        new ConflictResolver.Input(calls.storage(), sides.old(), sides.committed(), mine);
    return resolvers.stream()
        .map(resolver -> resolver.resolve(input))
        .flatMap(Optional::stream)
        .findFirst();
  }
}
