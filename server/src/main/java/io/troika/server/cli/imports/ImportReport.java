package io.troika.server.cli.imports;

import io.troika.server.filestorage.FileStorageSummary;

/**
 * What an import did.
 *
 * @param found in the storage already, from an earlier import of the same file: transactions
 * @param imported transactions now
 * @param records data records imported now
 * @param dataBytes their size; shared data counts nothing
 * @param file what the reader says of the file: the last whole transaction, what is left after it,
 *     what it tolerated
 */
public record ImportReport(
    long found, long imported, long records, long dataBytes, FileStorageSummary file) {}
