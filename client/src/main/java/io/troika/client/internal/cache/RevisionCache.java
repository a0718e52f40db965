package io.troika.client.internal.cache;

import static io.troika.client.internal.Checks.requireArgument;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Policy;
import io.troika.client.CacheStatistics;
import io.troika.client.Oid;
import io.troika.client.Revision;
import io.troika.client.Tid;
import java.util.Collection;
import java.util.OptionalLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Revisions of one storage by oid and tid interval. Answers a read only with what it can prove that
 * a view sees; a miss is never wrong. Safe for any thread.
 *
 * <p>Invariants:
 *
 * <ul>
 *   <li>The <em>verified</em> tid never goes back within one history; every change up to it has
 *       been applied to what is cached before it is published.
 *   <li>An open revision was not changed in {@code (serial, verified]}.
 *   <li>Nothing of one history (storage uuid and epoch) is seen in another.
 * </ul>
 *
 * <p>Concurrency: one lock orders everything that changes the cache (the feed, answers of loads,
 * verification). Reads take no lock: they read {@code verified}, then the entry, then {@code
 * history}, in this order. Had the entry been read first, a change could be applied between the two
 * and its tid be taken as proof for the entry it ended.
 */
public final class RevisionCache {
  private final ReentrantLock lock = new ReentrantLock();
  private final Cache<Oid, CachedObject> objects;
  private final RecentChanges recent = new RecentChanges();
  private final LongAdder hits = new LongAdder();
  private final LongAdder misses = new LongAdder();
  private volatile long verified;
  private volatile long history = 1;

  /** A cache of at most so many bytes, overhead included; 0: it never holds anything. */
  public RevisionCache(long bytesMax) {
    requireArgument(bytesMax >= 0, "cache of %s bytes: expected 0 or more", bytesMax);
    objects =
        Caffeine.newBuilder()
            .maximumWeight(bytesMax)
            .weigher((Oid oid, CachedObject object) -> object.weightBytes())
            .executor(Runnable::run)
            .build();
  }

  /** The number of the history that is followed now; views keep the one they began in. */
  public long history() {
    return history;
  }

  /** What is open is proven up to this transaction. */
  public Tid verified() {
    return new Tid(verified);
  }

  /** What a view at {@code at} sees, or null if this cache can't prove it. */
  public @Nullable Revision find(long viewHistory, Oid oid, long at) {
    long proof = verified;
    CachedObject object = objects.getIfPresent(oid);
    Revision found = object == null ? null : object.at(at, proof);
    if (found == null || history != viewHistory) {
      return null;
    }
    hits.increment();
    return found;
  }

  /** So many objects have to be asked for. */
  public void missed(int count) {
    misses.add(count);
  }

  /**
   * A node answered a load, or a commit: the view at {@code at} sees {@code revision}, which was
   * replaced by {@code nextTid} (0: was current on that node, at a state that includes {@code at}).
   * An answer may come late: what was changed meanwhile is not taken as current.
   */
  public void loaded(long viewHistory, Revision revision, long at, long nextTid) {
    lock.lock();
    try {
      if (history != viewHistory) {
        return;
      }
      CachedRevision added = judge(revision, at, nextTid);
      objects
          .asMap()
          .merge(revision.oid(), CachedObject.of(added), (old, ignored) -> old.with(added));
    } finally {
      lock.unlock();
    }
  }

  private CachedRevision judge(Revision revision, long at, long nextTid) {
    if (nextTid != 0) {
      return new CachedRevision(revision, nextTid, false);
    }
    // Changes after `verified` will still pass through committed() and end it; of those up to
    // `verified` only the recent ones are known.
    boolean open = at >= verified || !recent.mayHaveChangedAfter(at, revision.oid());
    return new CachedRevision(revision, at + 1, open);
  }

  /** The feed: the next transaction changed these objects. Old news are ignored. */
  public void committed(long feedHistory, Tid tid, Collection<Oid> oids) {
    lock.lock();
    try {
      if (history != feedHistory || tid.value() <= verified) {
        return;
      }
      for (Oid oid : oids) {
        objects.asMap().computeIfPresent(oid, (key, object) -> object.changedBy(tid.value()));
      }
      recent.add(tid.value(), oids);
      verified = tid.value();
    } finally {
      lock.unlock();
    }
  }

  /**
   * The feed begins, for the first time, after {@code tid}. What was loaded before is current only
   * if it was loaded at {@code tid} or later.
   */
  public void begin(long feedHistory, Tid tid) {
    lock.lock();
    try {
      if (history != feedHistory || verified != 0) {
        return;
      }
      objects.asMap().replaceAll((oid, object) -> object.knownFrom(tid.value()));
      recent.restart(tid.value());
      verified = tid.value();
    } finally {
      lock.unlock();
    }
  }

  /**
   * The feed begins anew after {@code tid}, and nothing is known of what was changed before: drops
   * everything.
   */
  public void restart(long feedHistory, Tid tid) {
    lock.lock();
    try {
      if (history != feedHistory) {
        return;
      }
      objects.invalidateAll();
      long from = Math.max(tid.value(), verified);
      recent.restart(from);
      verified = from;
    } finally {
      lock.unlock();
    }
  }

  /**
   * A node told every object that was changed in {@code (since, upTo]}.
   *
   * @param since what was verified when it was asked
   * @return how many objects are no longer current; empty if {@code since} is not what is verified
   *     in that history now, and nothing was done
   */
  public OptionalLong verify(long feedHistory, Tid since, Tid upTo, Collection<Oid> changed) {
    lock.lock();
    try {
      if (history != feedHistory || since.value() != verified) {
        return OptionalLong.empty();
      }
      if (upTo.value() <= verified) {
        return OptionalLong.of(0);
      }
      long ended = 0;
      for (Oid oid : changed) {
        CachedObject closed =
            objects
                .asMap()
                .computeIfPresent(oid, (key, object) -> object.changedAfter(since.value()));
        ended += closed == null ? 0 : 1;
      }
      // Which of the tids changed it is not told: the last possible one is the safe assumption.
      recent.add(upTo.value(), changed);
      verified = upTo.value();
      return OptionalLong.of(ended);
    } finally {
      lock.unlock();
    }
  }

  /** The storage has another history now, at {@code tid}: drops everything, and old views miss. */
  public void replaceHistory(Tid tid) {
    lock.lock();
    try {
      objects.invalidateAll();
      recent.restart(tid.value());
      verified = tid.value();
      // Last: a view of the new history must not find what is left of the old one.
      long next = history + 1;
      history = next;
    } finally {
      lock.unlock();
    }
  }

  /** How many objects there are; about right while others write. */
  public long size() {
    return objects.estimatedSize();
  }

  /** What happened so far. */
  public CacheStatistics statistics() {
    OptionalLong weight =
        objects.policy().eviction().map(Policy.Eviction::weightedSize).orElse(OptionalLong.empty());
    return new CacheStatistics(
        hits.sum(), misses.sum(), objects.estimatedSize(), weight.orElse(0), verified());
  }
}
