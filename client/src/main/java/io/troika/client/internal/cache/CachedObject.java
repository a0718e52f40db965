package io.troika.client.internal.cache;

import io.troika.client.Revision;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The cached revisions of one object, newest first, at most {@value #REVISIONS_MAX}. Immutable, so
 * that a reader needs no lock.
 */
final class CachedObject {
  /** Old revisions serve views that are still open; more than a few are not worth their memory. */
  static final int REVISIONS_MAX = 8;

  private final CachedRevision[] newestFirst;

  private CachedObject(CachedRevision[] newestFirst) {
    this.newestFirst = newestFirst;
  }

  static CachedObject of(CachedRevision revision) {
    return new CachedObject(new CachedRevision[] {revision});
  }

  /** What a view at {@code tid} sees, if that is proven. */
  @Nullable Revision at(long tid, long verified) {
    for (CachedRevision cached : newestFirst) {
      if (cached.serial() <= tid) {
        return cached.isProvenAt(tid, verified) ? cached.revision() : null;
      }
    }
    return null;
  }

  /** With one more revision; of the same serial, what the two prove together. */
  CachedObject with(CachedRevision added) {
    for (int i = 0; i < newestFirst.length; i++) {
      if (newestFirst[i].serial() == added.serial()) {
        CachedRevision[] copy = newestFirst.clone();
        copy[i] = together(newestFirst[i], added);
        return new CachedObject(copy);
      }
    }
    CachedRevision[] copy = Arrays.copyOf(newestFirst, newestFirst.length + 1);
    int place = newestFirst.length;
    while (place > 0 && copy[place - 1].serial() < added.serial()) {
      copy[place] = copy[place - 1];
      place--;
    }
    copy[place] = added;
    return new CachedObject(
        copy.length <= REVISIONS_MAX ? copy : Arrays.copyOf(copy, REVISIONS_MAX));
  }

  /** Every open revision older than {@code tid} was ended by a change at {@code tid}. */
  CachedObject changedBy(long tid) {
    return mapOpen(cached -> cached.serial() < tid ? cached.closedBy(tid) : cached);
  }

  /** The object was changed somewhere after {@code verified}: nothing is current any more. */
  CachedObject changedAfter(long verified) {
    return mapOpen(cached -> cached.closedAfter(verified));
  }

  /** Nothing is known of changes before {@code tid}, but all after it will be told. */
  CachedObject knownFrom(long tid) {
    return mapOpen(
        cached ->
            cached.until() > tid
                ? cached
                : new CachedRevision(cached.revision(), cached.until(), false));
  }

  int weightBytes() {
    int sum = 0;
    for (CachedRevision cached : newestFirst) {
      sum += cached.weightBytes();
    }
    return sum;
  }

  private CachedObject mapOpen(UnaryOperator<CachedRevision> change) {
    CachedRevision[] copy = newestFirst.clone();
    for (int i = 0; i < copy.length; i++) {
      if (copy[i].open()) {
        copy[i] = change.apply(copy[i]);
      }
    }
    return new CachedObject(copy);
  }

  private static CachedRevision together(CachedRevision one, CachedRevision other) {
    return new CachedRevision(
        one.revision(), Math.max(one.until(), other.until()), one.open() || other.open());
  }
}
