package io.troika.server.cli.backups;

import io.troika.server.backup.Manifest.BlobTotals;
import io.troika.server.core.model.Tid;

/**
 * What a run added to a backup.
 *
 * @param chain the number of the history that it belongs to
 * @param begun whether that chain is a new one
 * @param after it went on from this transaction
 * @param tid the state that is whole in the backup now
 * @param transactions that were added
 * @param records objects over all of them
 * @param blobs that came with them
 * @param bytes that the backup has grown by
 */
public record BackupReport(
    int chain,
    boolean begun,
    Tid after,
    Tid tid,
    long transactions,
    long records,
    BlobTotals blobs,
    long bytes) {}
