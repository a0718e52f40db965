package io.troika.client;

import static io.troika.client.internal.Checks.requireArgument;

import java.util.UUID;

/**
 * The id under which a transaction is sent, so that it is committed once however often it is sent.
 * Keep it to ask {@link TroikaClient#outcome} later, from another process too.
 *
 * @param client random, chosen once per {@link TroikaClient}
 * @param sequence 0 or more, never used twice by one client
 */
public record TransactionId(UUID client, long sequence) {

  public TransactionId {
    requireArgument(sequence >= 0, "transaction sequence %s: expected 0 or more", sequence);
  }

  /**
   * Parses what {@link #toString} writes.
   *
   * @throws IllegalArgumentException if it is not a UUID, a slash and a number
   */
  public static TransactionId parse(String text) {
    int slash = text.indexOf('/');
    requireArgument(slash > 0, "transaction id '%s': expected UUID/SEQUENCE", text);
    return new TransactionId(
        UUID.fromString(text.substring(0, slash)), Long.parseLong(text.substring(slash + 1)));
  }

  @Override
  public String toString() {
    return client + "/" + sequence;
  }
}
