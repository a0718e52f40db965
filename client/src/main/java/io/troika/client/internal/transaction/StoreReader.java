package io.troika.client.internal.transaction;

import io.troika.api.v1.LoadManyResponse;
import io.troika.api.v1.LoadedObject;
import io.troika.client.HistoryPackedException;
import io.troika.client.HistoryReplacedException;
import io.troika.client.Oid;
import io.troika.client.Revision;
import io.troika.client.Tid;
import io.troika.client.internal.cache.RevisionCache;
import io.troika.client.internal.codec.MalformedAnswerException;
import io.troika.client.internal.codec.ValueCodec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Reads at a tid: from the cache what it can prove, the rest from nodes, which fills the cache. */
final class StoreReader {
  /** The most oids that one request may name. */
  private static final int OIDS_MAX = 10_000;

  private final StoreCalls calls;
  private final RevisionCache cache;
  private final ViewOpener views;

  StoreReader(StoreCalls calls, RevisionCache cache, ViewOpener views) {
    this.calls = calls;
    this.cache = cache;
    this.views = views;
  }

  StoreCalls calls() {
    return calls;
  }

  /** What the cache can prove that the view sees; null: ask. Takes no lock and no round trip. */
  @Nullable Revision cached(ViewStart view, Oid oid) {
    Revision found = cache.find(view.history(), oid, view.tid().value());
    if (found == null) {
      requireSameHistory(view);
    }
    return found;
  }

  /** What the view sees. */
  CompletableFuture<Optional<Revision>> find(ViewStart view, Oid oid) {
    Revision found = cached(view, oid);
    if (found != null) {
      return CompletableFuture.completedFuture(Optional.of(found));
    }
    CompletableFuture<Boolean> follows = views.whenCacheFollows(view);
    return follows.isDone()
        ? load(view, oid)
        : follows.thenCompose(ignored -> findFollowed(view, oid));
  }

  /** Once more, after the cache was waited for. */
  private CompletableFuture<Optional<Revision>> findFollowed(ViewStart view, Oid oid) {
    Revision found = cached(view, oid);
    return found == null ? load(view, oid) : CompletableFuture.completedFuture(Optional.of(found));
  }

  private CompletableFuture<Optional<Revision>> load(ViewStart view, Oid oid) {
    cache.missed(1);
    return calls
        .load(oid, view.tid(), views.nameOf(view.history()))
        .thenApply(loaded -> take(view, oid, loaded));
  }

  /** What the view sees of many objects, in the order asked for; those it lacks are left out. */
  CompletableFuture<Map<Oid, Revision>> findAll(ViewStart view, Collection<Oid> oids) {
    Map<Oid, Revision> found = new HashMap<>();
    List<Oid> missing = notCached(view, new LinkedHashSet<>(oids), found);
    if (missing.isEmpty()) {
      return CompletableFuture.completedFuture(inOrder(oids, found));
    }
    CompletableFuture<Boolean> follows = views.whenCacheFollows(view);
    CompletableFuture<?> loaded =
        follows.isDone()
            ? load(view, missing, found)
            : follows.thenCompose(ignored -> load(view, notCached(view, missing, found), found));
    return loaded.thenApply(ignored -> inOrder(oids, found));
  }

  /** Finds what the cache can prove, and answers the others. */
  private List<Oid> notCached(ViewStart view, Collection<Oid> oids, Map<Oid, Revision> found) {
    List<Oid> missing = new ArrayList<>();
    for (Oid oid : oids) {
      Revision cached = cached(view, oid);
      if (cached == null) {
        missing.add(oid);
      } else {
        found.put(oid, cached);
      }
    }
    return missing;
  }

  private CompletableFuture<?> load(ViewStart view, List<Oid> missing, Map<Oid, Revision> found) {
    cache.missed(missing.size());
    return loadFrom(view, missing, 0, found);
  }

  /** One page after the other: a node answers as many as fit in its message. */
  private CompletableFuture<?> loadFrom(
      ViewStart view, List<Oid> missing, int from, Map<Oid, Revision> found) {
    if (from == missing.size()) {
      return CompletableFuture.completedFuture(found);
    }
    List<Oid> asked = missing.subList(from, Math.min(missing.size(), from + OIDS_MAX));
    return calls
        .loadMany(asked, view.tid(), views.nameOf(view.history()))
        .thenCompose(
            answer -> {
              takeAll(view, asked, answer, found);
              return loadFrom(view, missing, from + answer.getObjectsCount(), found);
            });
  }

  private void takeAll(
      ViewStart view, List<Oid> asked, LoadManyResponse answer, Map<Oid, Revision> found) {
    int count = answer.getObjectsCount();
    if (count == 0 || count > asked.size()) {
      throw new MalformedAnswerException(
          count + " objects answered where 1 to " + asked.size() + " were expected");
    }
    for (int i = 0; i < count; i++) {
      Oid oid = asked.get(i);
      take(view, oid, answer.getObjects(i)).ifPresent(revision -> found.put(oid, revision));
    }
  }

  private static Map<Oid, Revision> inOrder(Collection<Oid> oids, Map<Oid, Revision> found) {
    Map<Oid, Revision> ordered = new LinkedHashMap<>();
    for (Oid oid : oids) {
      Revision revision = found.get(oid);
      if (revision != null) {
        ordered.put(oid, revision);
      }
    }
    return ordered;
  }

  private Optional<Revision> take(ViewStart view, Oid oid, LoadedObject loaded) {
    requireSameHistory(view);
    if (loaded.getOid() != oid.value()) {
      throw new MalformedAnswerException(
          "asked for oid " + oid + ", answered 0x" + Long.toHexString(loaded.getOid()));
    }
    return switch (loaded.getStatus()) {
      case FOUND -> Optional.of(takeFound(view, loaded));
      case UNKNOWN, NOT_YET, ABSENT -> Optional.empty();
      case GONE ->
          throw new HistoryPackedException(
              "oid " + oid + " at " + view.tid() + ": before the pack horizon");
      case STATUS_UNSPECIFIED, UNRECOGNIZED ->
          throw new MalformedAnswerException("unknown status of oid " + oid);
    };
  }

  private Revision takeFound(ViewStart view, LoadedObject loaded) {
    Revision revision = ValueCodec.revision(loaded);
    Tid next = ValueCodec.tid(loaded.getNextTid());
    boolean seen =
        revision.serial().compareTo(view.tid()) <= 0
            && (next.isNone() || next.compareTo(view.tid()) > 0);
    if (!seen) {
      throw new MalformedAnswerException(
          "oid %s at %s: answered the revision of %s to %s"
              .formatted(revision.oid(), view.tid(), revision.serial(), next));
    }
    cache.loaded(view.history(), revision, view.tid().value(), next.value());
    return revision;
  }

  private void requireSameHistory(ViewStart view) {
    if (cache.history() != view.history()) {
      throw new HistoryReplacedException(
          "storage %s has another history now than when the view at %s was opened"
              .formatted(calls.storage(), view.tid()));
    }
  }
}
