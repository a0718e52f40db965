package io.troika.client;

import java.util.OptionalLong;
import java.util.UUID;

/**
 * What a node knows of a storage.
 *
 * @param name its name
 * @param uuid its identity
 * @param epoch from 1; raised when its history is replaced by a restore
 * @param lastTid none: no transaction yet
 * @param packTid history before it may be gone; none: never packed
 * @param objectCount objects that exist
 * @param transactionCount transactions in its history
 * @param dataBytes bytes of all revisions
 * @param group the Raft group that holds it
 * @param blobBytes bytes of all blobs that a revision has
 * @param quotaBytes how large {@link #sizeBytes} may become; empty: as large as it likes
 */
public record StorageInfo(
    String name,
    UUID uuid,
    long epoch,
    Tid lastTid,
    Tid packTid,
    long objectCount,
    long transactionCount,
    long dataBytes,
    String group,
    long blobBytes,
    OptionalLong quotaBytes) {

  /** One without blobs and quota. */
  public StorageInfo(
      String name,
      UUID uuid,
      long epoch,
      Tid lastTid,
      Tid packTid,
      long objectCount,
      long transactionCount,
      long dataBytes,
      String group) {
    this(
        name,
        uuid,
        epoch,
        lastTid,
        packTid,
        objectCount,
        transactionCount,
        dataBytes,
        group,
        0,
        OptionalLong.empty());
  }

  /** What counts against the quota. */
  public long sizeBytes() {
    return dataBytes + blobBytes;
  }
}
