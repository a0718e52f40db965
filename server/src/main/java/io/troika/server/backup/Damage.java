package io.troika.server.backup;

/**
 * A place in a backup that is not as it was written.
 *
 * @param file its name in the directory of the backup
 * @param offset of the frame or line that is damaged, or the first byte that is missing
 * @param found what is wrong with it
 */
public record Damage(String file, long offset, String found) {
  @Override
  public String toString() {
    return "%s: byte %,d: %s".formatted(file, offset, found);
  }
}
