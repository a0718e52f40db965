package io.troika.client;

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
    String group) {}
