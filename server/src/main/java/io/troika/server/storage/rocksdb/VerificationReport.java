package io.troika.server.storage.rocksdb;

import io.troika.server.core.model.LogPosition;

/**
 * What a verification walked over without finding a fault.
 *
 * @param position the moment that was looked at
 * @param dataBytes sizes of all data records, shared ones counted once
 */
public record VerificationReport(
    LogPosition position,
    int storages,
    long objects,
    long revisions,
    long transactions,
    long outcomes,
    long dataBytes) {}
