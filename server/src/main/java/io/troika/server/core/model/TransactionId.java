package io.troika.server.core.model;

import static io.troika.server.core.model.Checks.requireArgument;

import java.util.Comparator;
import java.util.UUID;

/**
 * The id that a client gives to a transaction so that it is committed once however often it is sent
 * (24 bytes: the client's random UUID, then a sequence number of that client).
 *
 * @param client random, chosen once per client instance
 * @param sequence 0 or more, never used twice by one client
 */
public record TransactionId(UUID client, long sequence) implements Comparable<TransactionId> {
  // UUID.compareTo is signed and differs from byte order; replicas iterate in this order.
  private static final Comparator<TransactionId> ORDER =
      Comparator.<TransactionId, Long>comparing(
              id -> id.client.getMostSignificantBits(), Long::compareUnsigned)
          .thenComparing(id -> id.client.getLeastSignificantBits(), Long::compareUnsigned)
          .thenComparingLong(TransactionId::sequence);

  public TransactionId {
    requireArgument(sequence >= 0, "transaction sequence %s: expected 0 or more", sequence);
  }

  @Override
  public int compareTo(TransactionId other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return client + "/" + sequence;
  }
}
