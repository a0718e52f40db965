package io.troika.client;

/**
 * The cache of one storage.
 *
 * @param hits reads that it answered
 * @param misses reads that had to be asked of a node
 * @param objects objects of which it holds a revision
 * @param weightBytes its size
 * @param verifiedTid what it holds as current is proven so up to this transaction
 */
public record CacheStatistics(
    long hits, long misses, long objects, long weightBytes, Tid verifiedTid) {}
