package io.troika.server.core.model;

import static io.troika.server.core.model.Checks.requireArgument;

import java.util.Comparator;
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
 * @param epochTid the transaction with which this epoch began: who was told of nothing newer than
 *     an older one may have seen another history; {@link Tid#NONE} if it was never replaced
 * @param place the id of the first of the storages that it took the place of, or its own: the order
 *     of storages, which a replacement does not change
 * @param blobBytes sum of the lengths of all blobs that a revision has, each counted once
 * @param quotaBytes how large {@link #sizeBytes} may become; {@link #NO_QUOTA} if nobody has said
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
    long dataBytes,
    Tid epochTid,
    StorageId place,
    long blobBytes,
    long quotaBytes) {
  public static final int NAME_LENGTH_MAX = 128;
  public static final long NO_QUOTA = Long.MAX_VALUE;

  /** In the order in which storages came to be; one that took another's place is in it. */
  public static final Comparator<StorageState> BY_PLACE =
      Comparator.comparing(StorageState::place).thenComparing(StorageState::id);

  public StorageState {
    requireName(name);
    requireArgument(epoch >= 1, "storage %s: epoch %s, expected 1 or more", name, epoch);
    requireArgument(
        epoch > 1 || (epochTid.isNone() && place.equals(id)),
        "storage %s: epoch 1 from %s on, in the place of %s",
        name,
        epochTid,
        place);
    requireArgument(
        blobBytes >= 0 && quotaBytes >= 0,
        "storage %s: %s bytes of blobs, a quota of %s",
        name,
        blobBytes,
        quotaBytes);
  }

  /** Checks that a storage can have this name. */
  public static void requireName(String name) {
    requireArgument(
        !name.isEmpty() && name.length() <= NAME_LENGTH_MAX,
        "storage name '%s': expected 1 to %s characters, found %s",
        name,
        NAME_LENGTH_MAX,
        name.length());
  }

  /** One that took no other's place, without blobs and quota. */
  public StorageState(
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
    this(
        id,
        name,
        uuid,
        epoch,
        lastTid,
        nextOid,
        packTid,
        objectCount,
        transactionCount,
        dataBytes,
        Tid.NONE,
        id,
        0,
        NO_QUOTA);
  }

  /** What counts against the quota: the data of all revisions, and their blobs. */
  public long sizeBytes() {
    return dataBytes + blobBytes;
  }

  public boolean hasQuota() {
    return quotaBytes != NO_QUOTA;
  }

  /** How much more may come; 0 if it is as large as it may be, or larger. */
  public long roomBytes() {
    return Math.max(0, quotaBytes - sizeBytes());
  }

  /** The same, packed up to {@code horizon}. */
  public StorageState packedAt(Tid horizon) {
    return with(lastTid, nextOid, horizon, objectCount, transactionCount, dataBytes);
  }

  /** The same with other counts. */
  public StorageState withCounts(long objects, long bytes) {
    return with(lastTid, nextOid, packTid, objects, transactionCount, bytes);
  }

  /** The same after one more transaction. */
  public StorageState committed(Tid tid, Oid next, long objects, long bytes) {
    return with(tid, next, packTid, objects, transactionCount + 1, bytes);
  }

  /** The same with other oids to hand out. */
  public StorageState withNextOid(Oid next) {
    return with(lastTid, next, packTid, objectCount, transactionCount, dataBytes);
  }

  /** The same history with other content. */
  private StorageState with(
      Tid newest, Oid next, Tid packed, long objects, long transactions, long bytes) {
    return new StorageState(
        id,
        name,
        uuid,
        epoch,
        newest,
        next,
        packed,
        objects,
        transactions,
        bytes,
        epochTid,
        place,
        blobBytes,
        quotaBytes);
  }

  /** The same with other blobs. */
  public StorageState withBlobBytes(long bytes) {
    return as(name, uuid, epoch, nextOid, epochTid, place, bytes, quotaBytes);
  }

  /** The same with another quota. */
  public StorageState withQuota(long bytes) {
    return as(name, uuid, epoch, nextOid, epochTid, place, blobBytes, bytes);
  }

  /** The same under another name. */
  public StorageState named(String other) {
    return as(other, uuid, epoch, nextOid, epochTid, place, blobBytes, quotaBytes);
  }

  /**
   * This content as the next epoch of another storage, under that one's quota.
   *
   * @param first its first transaction of that epoch
   */
  public StorageState inPlaceOf(StorageState other, Tid first) {
    Oid next = nextOid.compareTo(other.nextOid) > 0 ? nextOid : other.nextOid;
    return as(
        other.name,
        other.uuid,
        other.epoch + 1,
        next,
        first,
        other.place,
        blobBytes,
        other.quotaBytes);
  }

  /** The same transactions otherwise. */
  private StorageState as(
      String called,
      UUID history,
      long ofEpoch,
      Oid next,
      Tid since,
      StorageId at,
      long blobs,
      long quota) {
    return new StorageState(
        id,
        called,
        history,
        ofEpoch,
        lastTid,
        next,
        packTid,
        objectCount,
        transactionCount,
        dataBytes,
        since,
        at,
        blobs,
        quota);
  }
}
