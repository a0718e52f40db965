package io.troika.server.core.model;

import static io.troika.server.core.model.Checks.requireArgument;

/**
 * What a group knows of one blob. It is staged until a transaction that names it commits; from then
 * on it stays as long as a revision that has it.
 *
 * @param content how much of it is there
 * @param references how many revisions of kind DATA have it; 0 while it is staged
 * @param expiresMillis the log time from which on a staged one may go; 0 once it is not
 */
public record BlobState(
    StorageId storage, BlobReference content, long references, long expiresMillis) {
  public BlobState {
    requireArgument(references >= 0, "%s: %s references", content.id(), references);
    requireArgument(
        references == 0 || expiresMillis == 0, "%s: expires and has references", content.id());
  }

  public static BlobState staged(StorageId storage, BlobReference content, long expiresMillis) {
    return new BlobState(storage, content, 0, expiresMillis);
  }

  public BlobKey key() {
    return new BlobKey(storage, content.id());
  }

  public boolean isStaged() {
    return references == 0;
  }

  /** What it adds to the size of its storage: nothing while it is staged. */
  public long heldBytes() {
    return isStaged() ? 0 : content.length();
  }

  /** Whether it is staged and its time is up. */
  public boolean isExpiredAt(long timeMillis) {
    return isStaged() && expiresMillis <= timeMillis;
  }

  /** The same with another number of references. */
  public BlobState withReferences(long count) {
    return new BlobState(storage, content, count, 0);
  }
}
