package io.troika.server.filestorage;

/**
 * A map from oid to file position for millions of objects: two arrays of long with open addressing,
 * 22 to 43 bytes an object, where a {@code HashMap} takes about 100.
 */
final class OidPositions {
  /** What {@link #get} answers for an oid that was never put; no record is there. */
  static final long NONE = 0;

  private static final int CAPACITY_MIN = 1 << 10;

  private long[] oids = new long[CAPACITY_MIN];
  private long[] positions = new long[CAPACITY_MIN];
  private int size;

  long get(long oid) {
    return positions[slot(oid)];
  }

  /**
   * @param position other than {@link #NONE}
   */
  void put(long oid, long position) {
    int slot = slot(oid);
    if (positions[slot] == NONE && ++size > oids.length / 4 * 3) {
      grow();
      slot = slot(oid);
    }
    oids[slot] = oid;
    positions[slot] = position;
  }

  /** Where the oid is, or the free place where it belongs. */
  private int slot(long oid) {
    int mask = oids.length - 1;
    // Fibonacci hashing: oids are nearly consecutive, their products are spread.
    int slot = (int) ((oid * 0x9e3779b97f4a7c15L) >>> 32) & mask;
    while (positions[slot] != NONE && oids[slot] != oid) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private void grow() {
    long[] oldOids = oids;
    long[] oldPositions = positions;
    oids = new long[Math.multiplyExact(oldOids.length, 2)];
    positions = new long[oids.length];
    for (int i = 0; i < oldOids.length; i++) {
      if (oldPositions[i] != NONE) {
        int slot = slot(oldOids[i]);
        oids[slot] = oldOids[i];
        positions[slot] = oldPositions[i];
      }
    }
  }
}
