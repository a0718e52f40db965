package io.troika.server.core.model;

import org.jspecify.annotations.Nullable;

/**
 * One object as a reader sees it.
 *
 * @param tid the transaction that wrote it (its serial)
 * @param data what was written
 * @param nextTid the transaction that replaced or deleted it, or null while it is current: the
 *     revision is what readers see from {@code tid} (inclusive) to {@code nextTid} (exclusive)
 */
public record Revision(Oid oid, Tid tid, Bytes data, @Nullable Tid nextTid) {}
