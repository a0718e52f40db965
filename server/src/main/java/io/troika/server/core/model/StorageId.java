package io.troika.server.core.model;

import static io.troika.server.core.model.Checks.requireArgument;

/**
 * The number of a storage inside its Raft group; prefixes every key of the storage on disk. Handed
 * out in log order from 1 and never used again.
 *
 * @param value 1 to 2^31-1
 */
public record StorageId(int value) implements Comparable<StorageId> {
  public StorageId {
    requireArgument(value > 0, "storage id %s: expected 1 or more", value);
  }

  @Override
  public int compareTo(StorageId other) {
    return Integer.compare(value, other.value);
  }

  @Override
  public String toString() {
    return "storage " + value;
  }
}
