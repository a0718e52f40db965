package io.troika.client;

/**
 * The digest of a replica; equal on all nodes at the same tid.
 *
 * @param digest SHA-256, 32 bytes
 * @param at the transaction up to which it goes
 * @param revisions how many revisions went into it
 */
public record StorageDigest(Bytes digest, Tid at, long revisions) {}
