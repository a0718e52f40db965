package io.troika.server.storage.rocksdb;

/**
 * How a database is doing.
 *
 * @param memtableBytes not in files yet
 * @param tableBytes of the files that are live
 * @param pendingCompactionBytes that compactions have to rewrite, about
 * @param runningCompactions and flushes, now
 * @param stalls times that writing was slowed or stopped since the database was opened
 * @param writesStopped whether it stands still now
 * @param backgroundErrors of flushes and compactions since the database was opened
 */
public record RocksFigures(
    long memtableBytes,
    long tableBytes,
    long pendingCompactionBytes,
    long runningCompactions,
    long stalls,
    boolean writesStopped,
    long backgroundErrors) {}
