package io.troika.server.backup;

import io.troika.server.backup.Manifest.BlobTotals;
import io.troika.server.backup.Manifest.Chain;
import io.troika.server.backup.Manifest.Segment;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads every byte of a backup and every transaction in it. Of each file the first damage is told;
 * one that is damaged does not keep the others from being read.
 */
public final class BackupCheck {
  private final Path directory;
  private final Progress progress;
  private final List<Damage> damages = new ArrayList<>();
  private long segments;
  private long transactions;
  private long records;
  private long bytes;
  private BlobTotals blobs = BlobTotals.NONE;

  private BackupCheck(Path directory, Progress progress) {
    this.directory = directory;
    this.progress = progress;
  }

  /** Told now and then, on the calling thread. */
  @FunctionalInterface
  public interface Progress {
    Progress NONE = (position, end) -> {};

    /** So many of so many bytes are read. */
    void advanced(long position, long end);
  }

  /**
   * What was found.
   *
   * @param transactions that were read; those of damaged files up to the damage
   */
  public record Result(
      long segments,
      long transactions,
      long records,
      BlobTotals blobs,
      long bytes,
      List<Damage> damages) {
    public Result {
      damages = List.copyOf(damages);
    }

    /** Whether each byte is as it was written. */
    public boolean isWhole() {
      return damages.isEmpty();
    }
  }

  /**
   * Checks the manifest and all that it names.
   *
   * @throws BackupException if there is no backup at all
   */
  public static Result run(Path directory, Progress progress) throws IOException {
    try {
      return of(directory, BackupDirectory.read(directory).chains(), progress);
    } catch (DamagedBackupException e) {
      return new Result(0, 0, 0, BlobTotals.NONE, 0, List.of(e.damage()));
    }
  }

  /** Checks the segments of these chains. */
  public static Result of(Path directory, List<Chain> chains, Progress progress)
      throws IOException {
    BackupCheck check = new BackupCheck(directory, progress);
    long end =
        chains.stream()
            .flatMap(chain -> chain.segments().stream())
            .mapToLong(Segment::sizeBytes)
            .sum();
    for (Chain chain : chains) {
      for (Segment segment : chain.segments()) {
        check.read(chain, segment, end);
      }
    }
    return new Result(
        check.segments, check.transactions, check.records, check.blobs, check.bytes, check.damages);
  }

  private void read(Chain chain, Segment segment, long end) throws IOException {
    segments++;
    try (SegmentReader reader = SegmentReader.open(directory, chain, segment)) {
      for (BackupTransaction next = reader.next(); next != null; next = reader.next()) {
        transactions++;
        for (BackupBlob blob : next.blobs().values()) {
          blobs = blobs.with(blob);
        }
        records += next.transaction().revisions().size();
        progress.advanced(bytes + reader.positionBytes(), end);
      }
    } catch (DamagedBackupException e) {
      damages.add(e.damage());
    }
    bytes += segment.sizeBytes();
  }
}
