package io.troika.server.core.model;

import static io.troika.server.core.model.Checks.requireArgument;

/**
 * What a transaction says of itself, opaque to the server; at most 65,535 bytes each, the limit of
 * FileStorage.
 *
 * @param user who made it, usually UTF-8
 * @param description what it does, usually UTF-8
 * @param extension empty, or a pickle of a dict, as in a FileStorage transaction record
 */
public record TransactionMetadata(Bytes user, Bytes description, Bytes extension) {
  public static final int FIELD_BYTES_MAX = 65_535;
  public static final TransactionMetadata EMPTY =
      new TransactionMetadata(Bytes.EMPTY, Bytes.EMPTY, Bytes.EMPTY);

  public TransactionMetadata {
    requireFits("user", user);
    requireFits("description", description);
    requireFits("extension", extension);
  }

  public int sizeBytes() {
    return user.size() + description.size() + extension.size();
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
