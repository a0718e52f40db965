package io.troika.client;

import java.util.List;
import java.util.Optional;

/**
 * A committed transaction.
 *
 * @param tid its tid
 * @param status 0x20 normal, 0x70 packed: its history may be incomplete
 * @param metadata what it says of itself
 * @param oids the objects that it changed, ascending; empty if not asked for
 * @param oidCount how many objects it changed
 * @param sizeBytes of its data
 * @param id under which it was committed; empty if not known
 */
public record TransactionRecord(
    Tid tid,
    int status,
    TransactionMetadata metadata,
    List<Oid> oids,
    int oidCount,
    long sizeBytes,
    Optional<TransactionId> id) {
  public TransactionRecord {
    oids = List.copyOf(oids);
  }
}
