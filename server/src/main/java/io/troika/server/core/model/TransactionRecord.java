package io.troika.server.core.model;

import java.util.List;

/**
 * A committed transaction.
 *
 * @param status {@code ' '} normal, {@code 'p'} packed: its history may be incomplete
 * @param oids every object whose current revision it changed, ascending, each once
 * @param sizeBytes the sum of its data records' sizes
 * @param id who committed it
 */
public record TransactionRecord(
    Tid tid,
    char status,
    TransactionMetadata metadata,
    List<Oid> oids,
    long sizeBytes,
    TransactionId id) {
  public static final char NORMAL = ' ';
  public static final char PACKED = 'p';

  public TransactionRecord {
    oids = List.copyOf(oids);
  }
}
