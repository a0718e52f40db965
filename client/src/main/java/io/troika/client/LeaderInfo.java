package io.troika.client;

/**
 * Who leads a Raft group, as far as known.
 *
 * @param term the Raft term, 0 if not known
 * @param nodeId empty: no leader is known
 * @param address host:port of its client port; empty: not known
 * @param group the name of the Raft group; a cluster begins with one, {@link #MAIN_GROUP}
 */
public record LeaderInfo(long term, String nodeId, String address, String group) {
  /** The group that a cluster begins with. */
  public static final String MAIN_GROUP = "g0";

  /** Nothing known. */
  public static final LeaderInfo NONE = new LeaderInfo(0, "", "");

  /** Of the group that a cluster begins with. */
  public LeaderInfo(long term, String nodeId, String address) {
    this(term, nodeId, address, MAIN_GROUP);
  }

  /** Whether a leader with an address is known. */
  public boolean isKnown() {
    return !address.isEmpty();
  }
}
