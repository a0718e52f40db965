package io.troika.server.core.mvcc;

import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionMetadata;

/**
 * One revision in an object's history.
 *
 * @param tid the transaction that wrote it
 * @param metadata what that transaction said of itself
 * @param sizeBytes the size of its data, shared data included; 0 if absent
 * @param absent from this transaction on the object did not exist
 */
public record HistoryEntry(Tid tid, TransactionMetadata metadata, int sizeBytes, boolean absent) {}
