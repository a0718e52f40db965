package io.troika.server.backup;

import static io.troika.server.core.model.Checks.requireArgument;

import io.troika.server.core.model.Tid;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a backup consists of. One storage, of which each history (uuid and epoch) is a chain of its
 * own, so that two histories never mix. Immutable.
 *
 * @param storage its name
 * @param chains in the order in which they were begun, numbered from 1
 */
public record Manifest(String storage, List<Chain> chains) {
  public Manifest {
    chains = List.copyOf(chains);
    for (int i = 0; i < chains.size(); i++) {
      requireArgument(
          chains.get(i).number() == i + 1,
          "chain %s where %s is due",
          chains.get(i).number(),
          i + 1);
    }
  }

  /**
   * One history of the storage.
   *
   * @param segments in tid order without gaps; those behind the last point are of a run that was
   *     interrupted, and count for nothing but to go on from there
   * @param points in tid order
   */
  public record Chain(
      int number, UUID uuid, long epoch, List<Segment> segments, List<Point> points) {
    public Chain {
      segments = List.copyOf(segments);
      points = List.copyOf(points);
      Tid reached = Tid.NONE;
      for (Segment segment : segments) {
        requireArgument(
            segment.after().equals(reached) && segment.last().compareTo(reached) > 0,
            "%s: from %s to %s, it is due to go on after %s",
            segment.file(),
            segment.after(),
            segment.last(),
            reached);
        reached = segment.last();
      }
      Tid last = null;
      for (Point point : points) {
        requireArgument(
            (last == null || point.tid().compareTo(last) > 0)
                && point.tid().compareTo(reached) <= 0
                && point.horizon().compareTo(point.tid()) <= 0,
            "point %s of chain %s, which has %s",
            point.tid(),
            number,
            reached);
        last = point.tid();
      }
    }

    /** How far the segments go, those of an interrupted run too. */
    public Tid reached() {
      return segments.isEmpty() ? Tid.NONE : segments.get(segments.size() - 1).last();
    }

    /** The newest state that is whole here, or null while the first run is not finished. */
    public @Nullable Point lastPoint() {
      return points.isEmpty() ? null : points.get(points.size() - 1);
    }

    /**
     * The point whose run brought the transaction {@code tid}, or null if none did yet. A state of
     * between two points can be restored if it is not older than the horizon of the second.
     */
    public @Nullable Point pointOf(Tid tid) {
      for (Point point : points) {
        if (tid.compareTo(point.tid()) <= 0) {
          return point;
        }
      }
      return null;
    }

    /** Up to where history is incomplete in what leads up to {@code tid}. */
    public Tid horizonAt(Tid tid) {
      Tid horizon = Tid.NONE;
      for (Point point : points) {
        if (point.horizon().compareTo(horizon) > 0) {
          horizon = point.horizon();
        }
        if (tid.compareTo(point.tid()) <= 0) {
          break;
        }
      }
      return horizon;
    }

    /** What has to be read to restore the state of {@code tid}. */
    public List<Segment> segmentsUpTo(Tid tid) {
      return segments.stream().filter(segment -> segment.after().compareTo(tid) < 0).toList();
    }

    Chain with(Segment segment) {
      return new Chain(number, uuid, epoch, append(segments, segment), points);
    }

    Chain with(Point point) {
      List<Point> kept = new ArrayList<>(points);
      kept.removeIf(each -> each.tid().equals(point.tid()));
      return new Chain(number, uuid, epoch, segments, append(kept, point));
    }
  }

  /**
   * A file of transactions.
   *
   * @param file its name in the directory
   * @param after its transactions come after this one
   * @param last the last of them
   * @param records objects over all transactions
   * @param sizeBytes of the file
   * @param sha256 of the file, in lower case hexadecimal
   * @param blobs in it
   */
  public record Segment(
      String file,
      Tid after,
      Tid last,
      long transactions,
      long records,
      long sizeBytes,
      String sha256,
      BlobTotals blobs) {}

  /**
   * How many blobs, of how many bytes together.
   *
   * @param count 0 or more
   */
  public record BlobTotals(long count, long bytes) {
    public static final BlobTotals NONE = new BlobTotals(0, 0);

    public BlobTotals {
      requireArgument(
          count >= 0 && bytes >= 0 && (count > 0 || bytes == 0),
          "%s blobs of %s bytes",
          count,
          bytes);
    }

    BlobTotals with(BackupBlob blob) {
      return new BlobTotals(count + 1, bytes + blob.length());
    }

    /** Those and these. */
    public BlobTotals plus(BlobTotals other) {
      return new BlobTotals(count + other.count, bytes + other.bytes);
    }
  }

  /**
   * The end of a run that went to its end: the state of {@code tid} is whole.
   *
   * @param time when that was, in whole seconds
   * @param horizon what only states before it show may be missing from what this run brought: the
   *     storage was packed; none: nothing is missing
   */
  public record Point(Instant time, Tid tid, Tid horizon) {}

  static Manifest empty(String storage) {
    return new Manifest(storage, List.of());
  }

  /** The newest chain, or null when there is none. */
  public @Nullable Chain lastChain() {
    return chains.isEmpty() ? null : chains.get(chains.size() - 1);
  }

  /** With one more chain for another history. */
  Manifest withChain(UUID uuid, long epoch) {
    Chain begun = new Chain(chains.size() + 1, uuid, epoch, List.of(), List.of());
    return new Manifest(storage, append(chains, begun));
  }

  /** With another last chain. */
  Manifest withLast(Chain changed) {
    List<Chain> all = new ArrayList<>(chains);
    all.set(all.size() - 1, changed);
    return new Manifest(storage, all);
  }

  private static <T> List<T> append(List<T> list, T last) {
    List<T> longer = new ArrayList<>(list);
    longer.add(last);
    return longer;
  }
}
