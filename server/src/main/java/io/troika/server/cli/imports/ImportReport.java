package io.troika.server.cli.imports;

/**
 * What an import did.
 *
 * @param found in the storage already, from an earlier import of the same file: transactions
 * @param imported transactions now
 * @param records data records imported now
 * @param dataBytes their size; shared data counts nothing
 * @param blobs that came with them
 */
public record ImportReport(long found, long imported, long records, long dataBytes, long blobs) {}
