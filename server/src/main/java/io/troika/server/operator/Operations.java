package io.troika.server.operator;

/**
 * What the cluster does when it is asked by a button. Each call waits until it is done or begun, a
 * quarter of a minute at most where nothing else is said, and answers with a sentence for people.
 * Safe for any thread.
 *
 * <p>All throw {@link OperationFailedException}.
 */
public interface Operations {

  /**
   * Hands leadership of a Raft group over.
   *
   * @param group its name
   * @param target a node's id; empty: the one that is furthest
   * @param expectedTerm of the leader that is to hand over: when a later one leads, nothing happens
   */
  String transferLeadership(String group, String target, long expectedTerm);

  /**
   * Begins to pack a storage.
   *
   * @param olderThanDays what was current so many days ago stays, and all that is newer
   * @param keepGarbage whether objects that can't be reached stay
   * @param by who asks for it, in words
   */
  String pack(String storage, int olderThanDays, boolean keepGarbage, String by);

  /** Whether this node can back up. */
  boolean canBackUp();

  /**
   * Begins to back a storage up into this node's directory for backups.
   *
   * @param by who asks for it, in words
   */
  String backUp(String storage, String by);

  /**
   * Makes what a node has applied durable, and its log shorter; waits 70 s at most for each Raft
   * group.
   */
  String takeSnapshot(String node);
}
