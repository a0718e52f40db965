package io.troika.server.cli.exports;

import io.troika.client.Tid;

/**
 * What an export wrote.
 *
 * @param lastTid the newest transaction of the file; none when it is empty
 * @param records objects over all transactions
 * @param fileBytes the size of the file
 * @param blobs beside it; those that revisions share count once for each
 */
record ExportReport(Tid lastTid, long transactions, long records, long fileBytes, long blobs) {}
