package io.troika.server.core.digest;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.LogPosition;

/**
 * The digest of a whole group's state.
 *
 * @param applied the log entry after which it was taken; digests are comparable at equal positions
 * @param sha256 32 bytes
 */
public record GroupDigest(LogPosition applied, Bytes sha256) {}
