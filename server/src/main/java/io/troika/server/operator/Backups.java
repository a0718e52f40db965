package io.troika.server.operator;

/** Copies storages into a directory of this node. Safe for any thread. */
public interface Backups {

  /** Whether this node has a directory for them. */
  boolean isPossible();

  /**
   * Begins to add to the backup of a storage what it does not have yet, and answers at once; how
   * far it is stands among the jobs.
   *
   * @param by who asks for it, in words
   * @return a sentence for people
   * @throws OperationFailedException if there is no such storage or no directory, or one is running
   */
  String begin(String storage, String by);
}
