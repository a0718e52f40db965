package io.troika.server.core;

/**
 * Keeps the state of one Raft group.
 *
 * <p>One writer at a time; readers go on meanwhile. There is no write-ahead log here: the Raft log
 * is it. After a crash the store shows the state after some earlier {@code write}, never a part of
 * one, and {@link #group()} says which log entry that was.
 */
public interface RevisionStore extends RevisionReader, AutoCloseable {

  /**
   * Makes all changes visible at once, the group state with them. Nothing is durable on return.
   *
   * @throws io.troika.server.core.model.InvariantViolation if a revision, transaction or storage
   *     would go back (a tid that is not greater than the object's newest, an applied index that is
   *     not greater)
   */
  void write(ChangeSet changes);

  /** Releases what is held. Reads and writes after it fail with IllegalStateException. */
  @Override
  void close();
}
