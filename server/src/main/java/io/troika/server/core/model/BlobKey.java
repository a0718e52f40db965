package io.troika.server.core.model;

import java.util.Comparator;

/** Names a blob within a Raft group. */
public record BlobKey(StorageId storage, BlobId id) implements Comparable<BlobKey> {
  private static final Comparator<BlobKey> ORDER =
      Comparator.comparing(BlobKey::storage).thenComparing(BlobKey::id);

  @Override
  public int compareTo(BlobKey other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return storage + ", blob " + id;
  }
}
