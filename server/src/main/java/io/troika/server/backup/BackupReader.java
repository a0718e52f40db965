package io.troika.server.backup;

import io.troika.server.backup.Manifest.Chain;
import io.troika.server.backup.Manifest.Segment;
import io.troika.server.core.model.Tid;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The transactions of a chain in tid order, over all its segments. Not thread-safe. */
public final class BackupReader implements AutoCloseable {
  private final Path directory;
  private final Chain chain;
  private final Tid upTo;
  private final ArrayDeque<Segment> left;
  private @Nullable SegmentReader segment;
  private long bytesBefore;

  private BackupReader(Path directory, Chain chain, Tid upTo, List<Segment> segments) {
    this.directory = directory;
    this.chain = chain;
    this.upTo = upTo;
    this.left = new ArrayDeque<>(segments);
  }

  /** Reads from the first transaction of the chain up to {@code upTo}. */
  public static BackupReader open(Path directory, Chain chain, Tid upTo) {
    return new BackupReader(directory, chain, upTo, chain.segmentsUpTo(upTo));
  }

  /**
   * The next transaction, or null after the last one.
   *
   * @throws DamagedBackupException if bytes are not as they were written
   */
  public @Nullable BackupTransaction next() throws IOException {
    while (segment != null || !left.isEmpty()) {
      if (segment == null) {
        segment = SegmentReader.open(directory, chain, left.remove());
      }
      BackupTransaction next = segment.next();
      if (next != null && next.transaction().tid().compareTo(upTo) <= 0) {
        return next;
      }
      bytesBefore += segment.positionBytes();
      segment.close();
      segment = null;
      if (next != null) {
        left.clear();
      }
    }
    return null;
  }

  /** How far, in bytes of all the segments. */
  public long positionBytes() {
    return bytesBefore + (segment == null ? 0 : segment.positionBytes());
  }

  /** The size of the segments that are read. */
  public static long sizeBytes(Chain chain, Tid upTo) {
    return chain.segmentsUpTo(upTo).stream().mapToLong(Segment::sizeBytes).sum();
  }

  @Override
  public void close() throws IOException {
    if (segment != null) {
      segment.close();
    }
  }
}
