package io.troika.server.core.model;

import static io.troika.server.core.model.Checks.requireArgument;

import java.util.Comparator;

/**
 * Names a blob within its storage: by the transaction that brought it, and a number in there.
 *
 * @param part 0 or more, chosen by whoever stages it
 */
public record BlobId(TransactionId transaction, int part) implements Comparable<BlobId> {
  private static final Comparator<BlobId> ORDER =
      Comparator.comparing(BlobId::transaction).thenComparingInt(BlobId::part);

  public BlobId {
    requireArgument(part >= 0, "blob %s of %s: expected 0 or more", part, transaction);
  }

  @Override
  public int compareTo(BlobId other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return transaction + "#" + part;
  }
}
