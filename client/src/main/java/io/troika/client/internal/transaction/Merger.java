package io.troika.client.internal.transaction;

import io.troika.api.v1.LoadedObject;
import io.troika.client.Bytes;
import io.troika.client.ConflictException;
import io.troika.client.ConflictResolver;
import io.troika.client.ObjectConflict;
import io.troika.client.Oid;
import io.troika.client.Revision;
import io.troika.client.Tid;
import io.troika.client.internal.Futures;
import io.troika.client.internal.cache.RevisionCache;
import io.troika.client.internal.codec.CommitCodec.Content;
import io.troika.client.internal.codec.CommitCodec.WrittenObject;
import io.troika.client.internal.codec.ValueCodec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Predicate;

/** Lets the resolvers merge what a transaction wrote in one storage with what was committed. */
final class Merger {
  /** Each further round means that yet another transaction came first. */
  private static final int MERGES_MAX = 10;

  private final StoreCalls calls;
  private final RevisionCache cache;
  private final List<ConflictResolver> resolvers;
  private final Executor users;

  Merger(StoreCalls calls, RevisionCache cache, List<ConflictResolver> resolvers, Executor users) {
    this.calls = calls;
    this.cache = cache;
    this.resolvers = List.copyOf(resolvers);
    this.users = users;
  }

  /**
   * What a commit answers or, if it conflicts and that can be merged, what the commit of the merged
   * transaction answers.
   *
   * @param merges how often it was merged before
   */
  static CompletableFuture<Tid> orMerged(
      CompletableFuture<Tid> commit,
      int merges,
      Predicate<ConflictException> isMergeable,
      Function<ConflictException, CompletableFuture<Tid>> mergeAndCommit) {
    CompletableFuture<Tid> result = new CompletableFuture<>();
    Futures.whenDone(
        commit,
        (tid, reason) -> {
          if (reason instanceof ConflictException conflict
              && merges < MERGES_MAX
              && isMergeable.test(conflict)) {
            Futures.whenDone(
                // So also what it throws, as once the client is closed, ends the commit.
                CompletableFuture.completedFuture(conflict).thenCompose(mergeAndCommit),
                (merged, last) -> Futures.settle(result, merged, last));
          } else {
            Futures.settle(result, tid, reason);
          }
        });
    return result;
  }

  /** Whether there is anybody who could merge. */
  boolean isAble() {
    return !resolvers.isEmpty();
  }

  /** Whether all conflicts are of a kind that can be merged. */
  boolean isMergeable(List<ObjectConflict> conflicts, Content content) {
    // The merged transaction has another id, and blobs are staged under this one.
    return isAble()
        && !content.hasBlobs()
        && !conflicts.isEmpty()
        && conflicts.stream()
            .allMatch(
                each ->
                    each.kind() == ObjectConflict.Kind.WRITE
                        && !each.serialRead().isNone()
                        && !each.serialCurrent().isNone()
                        && content.writes().containsKey(each.oid()));
  }

  /** What is to be committed in its place; empty if an object can't be merged. */
  CompletableFuture<Optional<Content>> merge(Content content, List<ObjectConflict> conflicts) {
    List<CompletableFuture<Optional<Sides>>> loads = conflicts.stream().map(this::load).toList();
    return CompletableFuture.allOf(loads.toArray(CompletableFuture<?>[]::new))
        // Resolvers are users' code, so not on an event loop.
        .thenApplyAsync(
            ignored -> {
              List<Sides> there =
                  loads.stream().map(CompletableFuture::join).flatMap(Optional::stream).toList();
              return there.size() == conflicts.size() ? together(content, there) : Optional.empty();
            },
            users);
  }

  /** What the transaction started from, and what was committed since. */
  private record Sides(Revision old, Revision committed) {}

  /** Empty if one of them is not there any more. */
  private CompletableFuture<Optional<Sides>> load(ObjectConflict conflict) {
    return revision(conflict.oid(), conflict.serialRead())
        .thenCombine(
            committed(conflict),
            (old, committed) -> old.flatMap(from -> committed.map(to -> new Sides(from, to))));
  }

  /** Came with the conflict, unless there was too much of it. */
  private CompletableFuture<Optional<Revision>> committed(ObjectConflict conflict) {
    return conflict
        .currentData()
        .map(data -> new Revision(conflict.oid(), conflict.serialCurrent(), data))
        .map(revision -> CompletableFuture.completedFuture(Optional.of(revision)))
        .orElseGet(() -> revision(conflict.oid(), conflict.serialCurrent()));
  }

  /** Empty if it was packed away: both were there when the transaction conflicted. */
  private CompletableFuture<Optional<Revision>> revision(Oid oid, Tid serial) {
    Revision cached = cache.find(cache.history(), oid, serial.value());
    if (cached != null && cached.serial().equals(serial)) {
      return CompletableFuture.completedFuture(Optional.of(cached));
    }
    return calls
        .loadSerial(oid, serial)
        .thenApply(
            loaded ->
                loaded.getStatus() == LoadedObject.Status.FOUND
                    ? Optional.of(ValueCodec.revision(loaded))
                    : Optional.empty());
  }

  private Optional<Content> together(Content content, List<Sides> conflicting) {
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
