package io.troika.server.filestorage;

/**
 * The end of a {@code Data.fs} that holds no whole transaction. FileStorage cuts it off when it
 * opens the file for writing (and saves it beside as {@code .tr0}); the reader stops before it.
 *
 * @param position where the last whole transaction ends
 * @param sizeBytes from there to the end of the file, 1 or more
 * @param detail what made that clear, for people: expected and found
 * @param transactionsFollow whether the file ends with what looks like a whole transaction of its
 *     own. Then a transaction in the middle is damaged, rather than the last one torn, and stopping
 *     here, as FileStorage does, loses good ones: an operator should look
 */
public record LeftOver(
    long position, long sizeBytes, Reason reason, String detail, boolean transactionsFollow) {
  /** Why what is there is not a transaction. */
  public enum Reason {
    /** Fewer bytes than the header of a transaction takes. */
    HEADER_TORN,
    /** The transaction says that it is longer than the file. */
    TRANSACTION_TORN,
    /** A transaction that was voted for but not finished. */
    TRANSACTION_UNFINISHED,
    /** A transaction shorter than its header, at the end of the file: garbage. */
    HEADER_INVALID
  }

  /** For people, in one line. */
  @Override
  public String toString() {
    String text =
        sizeBytes + " bytes from position " + position + " on are no whole transaction: " + detail;
    return transactionsFollow
        ? text + "; whole transactions seem to follow, which would be lost"
        : text;
  }
}
