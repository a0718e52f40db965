package io.troika.server.filestorage;

import io.troika.server.core.model.Tid;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a reader saw between its start (or the place where it went on) and now.
 *
 * @param fileSizeBytes when the file was opened
 * @param end where the last whole transaction ends
 * @param lastTid its tid, or {@link Tid#NONE}. (FileStorage itself reports the tid of a torn
 *     transaction as its last when it cuts one off: a slip of its {@code read_index}.)
 * @param transactions whole ones, those of status {@code u} not counted
 * @param undoneTransactions those of status {@code u}, which are passed over
 * @param records data records in the transactions counted
 * @param dataBytes the sum of the sizes of their own data, back pointers not followed
 * @param dataSizeMaxBytes the largest of those sizes
 * @param transactionSizeMaxBytes the largest transaction, as it is in the file
 * @param findingCount defects that were tolerated
 * @param findings the first of them, at most {@link FileStorageReader#FINDINGS_MAX}
 * @param leftOver what follows the last whole transaction; null if nothing, or not yet there
 */
public record FileStorageSummary(
    long fileSizeBytes,
    long end,
    Tid lastTid,
    long transactions,
    long undoneTransactions,
    long records,
    long dataBytes,
    long dataSizeMaxBytes,
    long transactionSizeMaxBytes,
    long findingCount,
    List<Finding> findings,
    @Nullable LeftOver leftOver) {
  public FileStorageSummary {
    findings = List.copyOf(findings);
  }
}
