package io.troika.server.cli.exports;

import io.troika.client.Tid;
import io.troika.server.filestorage.FileStorageSummary;

/**
 * What an export wrote.
 *
 * @param lastTid the newest transaction of the file; none when it is empty
 * @param records objects over all transactions
 * @param fileBytes the size of the file
 * @param blobs beside it; those that revisions share count once for each
 */
record ExportReport(Tid lastTid, long transactions, long records, long fileBytes, long blobs) {

  /**
   * Whether all that was written is there. Who compares the file with the storage can't know: the
   * storage may go on behind the last transaction of the file.
   */
  boolean isAllIn(FileStorageSummary read) {
    return read.lastTid().value() == lastTid.value()
        && read.transactions() == transactions
        && read.records() == records
        && read.fileSizeBytes() == fileBytes
        && read.leftOver() == null;
  }
}
