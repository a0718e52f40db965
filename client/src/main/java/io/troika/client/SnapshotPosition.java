package io.troika.client;

/** Up to which log entry a node's state is durable. */
public record SnapshotPosition(long term, long index) {}
