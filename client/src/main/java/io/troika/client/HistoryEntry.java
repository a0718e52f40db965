package io.troika.client;

/**
 * One revision of an object.
 *
 * @param tid the transaction that wrote it
 * @param metadata of that transaction
 * @param sizeBytes of its data
 * @param absent the transaction deleted the object, or undid its creation
 */
public record HistoryEntry(Tid tid, TransactionMetadata metadata, long sizeBytes, boolean absent) {}
