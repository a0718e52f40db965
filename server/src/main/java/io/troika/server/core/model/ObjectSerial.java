package io.troika.server.core.model;

/**
 * The newest revision of an object, as far as a transaction that was based on one has to know it.
 *
 * @param isAbsent whether the object does not exist since that revision
 */
public record ObjectSerial(Tid tid, boolean isAbsent) {

  public static ObjectSerial of(StoredRevision newest) {
    return new ObjectSerial(newest.tid(), newest.isAbsent());
  }
}
