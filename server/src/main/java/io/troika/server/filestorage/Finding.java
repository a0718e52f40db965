package io.troika.server.filestorage;

/**
 * Something wrong with a {@code Data.fs}, and where.
 *
 * @param position in the file, of the transaction or data record concerned
 * @param expected what should have been there, for people
 * @param found what was there, for people; ids in hex, never data
 */
public record Finding(Defect defect, long position, String expected, String found) {
  /** For people: {@code at position 1234: tid: expected more than 0x3, found 0x2}. */
  @Override
  public String toString() {
    return "at position "
        + position
        + ": "
        + defect.subject()
        + ": expected "
        + expected
        + ", found "
        + found;
  }
}
