package io.troika.client.internal.transaction;

import io.troika.api.v1.HistoryId;
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
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads at a tid: from the cache what it can prove, the rest from nodes, which fills the cache. */
final class StoreReader {
  /** The most oids that one request may name. */
  private static final int OIDS_MAX = 10_000;

  /** No node answers more serials at once. */
  private static final int SERIALS_MAX = 1_000;

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
    Optional<HistoryId> name = views.nameOf(view.history());
    return calls
        .load(oid, view.tid(), name)
        .thenApply(
            loaded -> {
              requireAnswered(oid, loaded);
              return take(view, loaded, name.isPresent());
            });
  }

  /** What the view sees of many objects, in the order asked for; those it lacks are left out. */
  CompletableFuture<Map<Oid, Revision>> findAll(ViewStart view, Collection<Oid> oids) {
    Map<Oid, Revision> found = new HashMap<>();
    boolean named = views.nameOf(view.history()).isPresent();
    Asking data =
        new Asking(
            OIDS_MAX,
            some -> calls.loadMany(some, view.tid(), views.nameOf(view.history())),
            loaded -> take(view, loaded, named).ifPresent(each -> found.put(each.oid(), each)));
    return complete(view, oids, found, data).thenApply(ignored -> inOrder(oids, found));
  }

  /**
   * The serials of what the view sees; objects it lacks are left out. No data is asked for, and
   * none that a node sends all the same is kept.
   */
  CompletableFuture<Map<Oid, Tid>> serials(ViewStart view, Collection<Oid> oids) {
    Map<Oid, Revision> cached = new HashMap<>();
    Map<Oid, Tid> serials = new HashMap<>();
    Asking withoutData =
        new Asking(
            SERIALS_MAX,
            some -> calls.serials(some, view.tid(), views.nameOf(view.history())),
            loaded -> takeSerial(view, loaded, serials));
    return complete(view, oids, cached, withoutData)
        .thenApply(
            ignored -> {
              cached.forEach((oid, revision) -> serials.put(oid, revision.serial()));
              return serials;
            });
  }

  /**
   * How nodes are asked for objects, how many at once, and what becomes of each that is answered.
   */
  private record Asking(
      int oidsMax,
      Function<List<Oid>, CompletableFuture<LoadManyResponse>> ask,
      Consumer<LoadedObject> take) {}

  /** Finds what the cache can prove; nodes are asked for the others. */
  private CompletableFuture<?> complete(
      ViewStart view, Collection<Oid> oids, Map<Oid, Revision> cached, Asking asking) {
    List<Oid> missing = notCached(view, new LinkedHashSet<>(oids), cached);
    if (missing.isEmpty()) {
      return CompletableFuture.completedFuture(true);
    }
    CompletableFuture<Boolean> follows = views.whenCacheFollows(view);
    return follows.isDone()
        ? ask(missing, asking)
        : follows.thenCompose(ignored -> ask(notCached(view, missing, cached), asking));
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

  private CompletableFuture<?> ask(List<Oid> missing, Asking asking) {
    cache.missed(missing.size());
    return askFrom(missing, 0, asking);
  }

  /** One page after the other: a node answers as many as fit in its message. */
  private CompletableFuture<?> askFrom(List<Oid> missing, int from, Asking asking) {
    if (from == missing.size()) {
      return CompletableFuture.completedFuture(true);
    }
    List<Oid> asked = missing.subList(from, Math.min(missing.size(), from + asking.oidsMax()));
    return asking
        .ask()
        .apply(asked)
        .thenCompose(
            answer -> {
              requireAnswered(asked, answer);
              answer.getObjectsList().forEach(asking.take());
              return askFrom(missing, from + answer.getObjectsCount(), asking);
            });
  }

  private static void requireAnswered(List<Oid> asked, LoadManyResponse answer) {
    int count = answer.getObjectsCount();
    if (count == 0 || count > asked.size()) {
      throw new MalformedAnswerException(
          count + " objects answered where 1 to " + asked.size() + " were expected");
    }
    for (int i = 0; i < count; i++) {
      requireAnswered(asked.get(i), answer.getObjects(i));
    }
  }

  private static void requireAnswered(Oid asked, LoadedObject loaded) {
    if (loaded.getOid() != asked.value()) {
      throw new MalformedAnswerException(
          "asked for oid " + asked + ", answered 0x" + Long.toHexString(loaded.getOid()));
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

  /**
   * @param named whether it was asked for by the name of the view's history: else, as in a view of
   *     a tid before this client has heard of any, it may be of one that is replaced before it does
   */
  private Optional<Revision> take(ViewStart view, LoadedObject loaded, boolean named) {
    if (!isSeen(view, loaded)) {
      return Optional.empty();
    }
    Revision revision = ValueCodec.revision(loaded);
    if (named) {
      cache.loaded(view.history(), revision, view.tid().value(), loaded.getNextTid());
    }
    return Optional.of(revision);
  }

  private void takeSerial(ViewStart view, LoadedObject loaded, Map<Oid, Tid> serials) {
    if (isSeen(view, loaded)) {
      serials.put(new Oid(loaded.getOid()), ValueCodec.tid(loaded.getTid()));
    }
  }

  /** Whether the view sees the object, as a node says. */
  private boolean isSeen(ViewStart view, LoadedObject loaded) {
    requireSameHistory(view);
    Oid oid = new Oid(loaded.getOid());
    return switch (loaded.getStatus()) {
      case FOUND -> {
        requireSeen(
            view, oid, ValueCodec.tid(loaded.getTid()), ValueCodec.tid(loaded.getNextTid()));
        yield true;
      }
      case UNKNOWN, NOT_YET, ABSENT -> false;
      case GONE ->
          throw new HistoryPackedException(
              "oid " + oid + " at " + view.tid() + ": before the pack horizon");
      case STATUS_UNSPECIFIED, UNRECOGNIZED ->
          throw new MalformedAnswerException("unknown status of oid " + oid);
    };
  }

  private static void requireSeen(ViewStart view, Oid oid, Tid serial, Tid next) {
    boolean seen =
        serial.compareTo(view.tid()) <= 0 && (next.isNone() || next.compareTo(view.tid()) > 0);
    if (!seen) {
      throw new MalformedAnswerException(
          "oid %s at %s: answered the revision of %s to %s"
              .formatted(oid, view.tid(), serial, next));
    }
  }

  /** Fails if the view is of a history that was replaced, as far as this client knows. */
  void requireSameHistory(ViewStart view) {
    if (cache.history() != view.history()) {
      throw new HistoryReplacedException(
          "storage %s has another history now than when the view at %s was opened"
              .formatted(calls.storage(), view.tid()));
    }
  }
}
