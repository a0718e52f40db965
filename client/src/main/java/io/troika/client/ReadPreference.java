package io.troika.client;

/** Which node a load is sent to first. Every node answers a load at a tid alike. */
public enum ReadPreference {
  /** The leader, because it is never behind. Others when it does not answer. */
  LEADER,

  /** All nodes in turn. One that is behind waits a little, then another one is asked. */
  ANY,

  /**
   * One that does not lead, so that much reading is no burden to commits; the leader last. Of the
   * nodes that the client knows, mostly those that it was given.
   */
  FOLLOWER
}
