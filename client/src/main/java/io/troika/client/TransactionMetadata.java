package io.troika.client;

import static io.troika.client.internal.Checks.requireArgument;

/**
 * What a transaction says of itself, opaque to the server; at most 65,535 bytes each.
 *
 * @param user who made it, usually UTF-8
 * @param description what it does, usually UTF-8
 * @param extension empty, or a pickle of a dict, as in a FileStorage transaction record
 */
public record TransactionMetadata(Bytes user, Bytes description, Bytes extension) {
  /** The limit of each field, that of FileStorage. */
  public static final int FIELD_BYTES_MAX = 65_535;

  /** Nothing said. */
  public static final TransactionMetadata EMPTY =
      new TransactionMetadata(Bytes.EMPTY, Bytes.EMPTY, Bytes.EMPTY);

  public TransactionMetadata {
    requireFits("user", user);
    requireFits("description", description);
    requireFits("extension", extension);
  }

  /** The two texts in UTF-8, no extension. */
  public static TransactionMetadata of(String user, String description) {
    return new TransactionMetadata(Bytes.utf8(user), Bytes.utf8(description), Bytes.EMPTY);
  }

  private static void requireFits(String field, Bytes value) {
    requireArgument(
        value.size() <= FIELD_BYTES_MAX,
        "transaction %s: %s bytes, at most %s allowed",
        field,
        value.size(),
        FIELD_BYTES_MAX);
  }
}
