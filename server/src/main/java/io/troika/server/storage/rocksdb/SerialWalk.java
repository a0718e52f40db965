package io.troika.server.storage.rocksdb;

import io.troika.server.core.model.ObjectSerial;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import org.jspecify.annotations.Nullable;

/**
 * Walks over a storage by ascending oid, from one object that is asked for to the next. A seek
 * costs as much as ten steps, and objects that are changed together mostly lie beside each other:
 * so a few steps are tried first, as long as they lead somewhere; not over large values, which each
 * step would read from a blob file. Of values it looks at the first byte. For one thread.
 */
final class SerialWalk implements AutoCloseable {
  private static final int STEPS_MAX = 8;

  private final Cursor cursor;
  private final StorageId storage;
  private final byte[] kind = new byte[1];

  /** Where the cursor stands; null at first, and when nothing is left. */
  private @Nullable Oid at;

  private boolean ended;

  /** So many are tried; none at first and over large values, few after those that led nowhere. */
  private int steps;

  SerialWalk(RocksDatabase database, StorageId storage) {
    this.cursor = database.cursor(Family.REVISIONS);
    this.storage = storage;
  }

  /**
   * The object's newest revision, or null.
   *
   * @param oid greater than the one before
   */
  @Nullable ObjectSerial newest(Oid oid) {
    if (!ended && (at == null || at.compareTo(oid) < 0)) {
      moveTo(oid);
    }
    if (!oid.equals(at)) {
      return null;
    }
    if (cursor.value(kind) >= Family.LARGE_VALUE_BYTES_MIN) {
      steps = 0; // the object's older ones are most likely large too
    }
    return new ObjectSerial(Keys.tidOf(cursor.key()), Values.isAbsent(kind[0]));
  }

  /** To the newest revision of the object or, if it has none, of the next one that has. */
  private void moveTo(Oid oid) {
    for (int step = 0; step < steps; step++) {
      arrive(cursor.next());
      if (at == null || at.compareTo(oid) >= 0) {
        steps = STEPS_MAX;
        return;
      }
    }
    steps = 1;
    arrive(cursor.seek(Keys.firstRevision(storage, oid)));
  }

  private void arrive(boolean found) {
    byte[] key = found ? cursor.key() : null;
    at = key != null && Keys.isOfStorage(key, storage) ? Keys.oidOf(key) : null;
    ended = at == null;
  }

  @Override
  public void close() {
    cursor.close();
  }
}
