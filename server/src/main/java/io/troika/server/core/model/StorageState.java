package io.troika.server.core.model;

import static io.troika.server.core.model.Checks.requireArgument;

import java.util.UUID;

/**
 * What a Raft group knows of one of its storages.
 *
 * @param name 1 to 128 characters, unique in the group
 * @param uuid with {@code epoch} the identity of its history
 * @param epoch from 1, raised by a restore: whoever saw another epoch must drop what it cached
 * @param lastTid the newest transaction, or {@link Tid#NONE}
 * @param nextOid the first oid never handed out nor stored
 * @param packTid history before it may be gone: reads below it are refused; {@link Tid#NONE} if
 *     never packed
 * @param objectCount objects that exist now (absent ones not counted)
 * @param transactionCount transactions ever committed
 * @param dataBytes sum of the sizes of all stored data records, shared ones counted once
 */
public record StorageState(
    StorageId id,
    String name,
    UUID uuid,
    long epoch,
    Tid lastTid,
    Oid nextOid,
    Tid packTid,
    long objectCount,
    long transactionCount,
    long dataBytes) {
  public static final int NAME_LENGTH_MAX = 128;

  public StorageState {
    requireArgument(
        !name.isEmpty() && name.length() <= NAME_LENGTH_MAX,
        "storage name '%s': expected 1 to %s characters, found %s",
        name,
        NAME_LENGTH_MAX,
        name.length());
    requireArgument(epoch >= 1, "storage %s: epoch %s, expected 1 or more", name, epoch);
  }

  /** The same, packed up to {@code horizon}. */
  public StorageState packedAt(Tid horizon) {
    return new StorageState(
        id, name, uuid, epoch, lastTid, nextOid, horizon, objectCount, transactionCount, dataBytes);
  }

  /** The same with other counts. */
  public StorageState withCounts(long objects, long bytes) {
    return new StorageState(
        id, name, uuid, epoch, lastTid, nextOid, packTid, objects, transactionCount, bytes);
  }
}
