package io.troika.server.cli.backups;

import io.troika.client.Tid;

/**
 * What was restored.
 *
 * @param lastTid the newest transaction of the backup that is in it
 * @param before transactions that an interrupted restore had brought
 * @param transactions that this one brought
 * @param compared records that were read back and compared
 * @param blobs likewise
 * @param first the transaction with which the storage's new epoch begins
 * @param epoch the new one
 */
public record RestoreReport(
    Tid lastTid,
    long before,
    long transactions,
    long compared,
    long blobs,
    Tid first,
    long epoch) {}
