package io.troika.server.storage.rocksdb;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Decides when RocksDB looks for garbage in its blob files. When it does, each compaction copies
 * what is alive in the oldest quarter of a family's files, whether there is garbage in them or not:
 * all the writing of blobs, again, and the more the more blobs there are. So it is told to only
 * while much of them is garbage, and then also to begin by itself.
 *
 * <p>Files of nothing but garbage are deleted in any case. Safe for any thread.
 */
final class BlobFileGarbage {
  private static final List<Family> FAMILIES = List.of(Family.REVISIONS, Family.BLOBS);

  /** From this part on garbage is collected. */
  private static final double BEGIN_SHARE = 0.25;

  /** Until no more than this part is left. */
  private static final double END_SHARE = 0.1;

  private final RocksDatabase database;
  private final Set<Family> collected = EnumSet.noneOf(Family.class);

  /** Of a database that was just opened. */
  BlobFileGarbage(RocksDatabase database) {
    this.database = database;
  }

  /** Begins or ends collecting, by what RocksDB knows of its files now; mostly does neither. */
  synchronized void look() {
    for (Family family : FAMILIES) {
      boolean wanted = isWorthCollecting(family);
      if (wanted != isCollecting(family)) {
        database.collectBlobGarbage(family, wanted);
        if (wanted) {
          collected.add(family);
        } else {
          collected.remove(family);
        }
      }
    }
  }

  synchronized boolean isCollecting(Family family) {
    return collected.contains(family);
  }

  synchronized boolean isWorthCollecting(Family family) {
    RocksDatabase.BlobFiles files = database.blobFiles(family);
    return files.garbageBytes() > files.bytes() * (isCollecting(family) ? END_SHARE : BEGIN_SHARE);
  }
}
