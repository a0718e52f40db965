package io.troika.server.storage.rocksdb;

import static io.troika.server.core.model.Checks.checkInvariant;

import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/**
 * Walks the keys of one family, as they were when it was made. An iterator of RocksDB that stops
 * because of an error looks like one at its end; this one throws. Not safe for several threads.
 */
final class Cursor implements AutoCloseable {
  private final Family family;
  private final RocksIterator iterator;

  Cursor(Family family, RocksIterator iterator) {
    this.family = family;
    this.iterator = iterator;
  }

  /** To the first key that is not less. */
  boolean seek(byte[] key) {
    iterator.seek(key);
    return isValid();
  }

  /** To the last key that is not greater. */
  boolean seekBackwards(byte[] key) {
    iterator.seekForPrev(key);
    return isValid();
  }

  boolean seekToFirst() {
    iterator.seekToFirst();
    return isValid();
  }

  boolean next() {
    iterator.next();
    return isValid();
  }

  boolean previous() {
    iterator.prev();
    return isValid();
  }

  /** A copy. */
  byte[] key() {
    return iterator.key();
  }

  /** A copy. */
  byte[] value() {
    return iterator.value();
  }

  /**
   * Copies the beginning of the value, which is not empty, as much of it as fits.
   *
   * @return the size of the whole value
   */
  int value(byte[] beginning) {
    int size = iterator.value(beginning);
    checkInvariant(size > 0, "%s: an empty value", family);
    return size;
  }

  @Override
  public void close() {
    iterator.close();
  }

  private boolean isValid() {
    if (iterator.isValid()) {
      return true;
    }
    try {
      iterator.status();
    } catch (RocksDBException e) {
      throw StorageFailure.of("reading " + family, e);
    }
    return false;
  }
}
