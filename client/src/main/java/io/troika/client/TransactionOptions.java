package io.troika.client;

import java.util.Optional;

/**
 * What can be said of one transaction before it starts.
 *
 * @param metadata user, description and extension that are stored with it
 * @param freshness how new its read view must be; empty: as the client was built
 */
public record TransactionOptions(TransactionMetadata metadata, Optional<Freshness> freshness) {
  /** No metadata, the client's freshness. */
  public static final TransactionOptions DEFAULT =
      new TransactionOptions(TransactionMetadata.EMPTY, Optional.empty());

  /** The default, with a user and a description. */
  public static TransactionOptions describedAs(String user, String description) {
    return DEFAULT.withMetadata(TransactionMetadata.of(user, description));
  }

  /** The same with other metadata. */
  public TransactionOptions withMetadata(TransactionMetadata metadata) {
    return new TransactionOptions(metadata, freshness);
  }

  /** The same with another freshness. */
  public TransactionOptions withFreshness(Freshness freshness) {
    return new TransactionOptions(metadata, Optional.of(freshness));
  }
}
