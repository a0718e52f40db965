package io.troika.client;

/**
 * Who leads, as far as known.
 *
 * @param term the Raft term, 0 if not known
 * @param nodeId empty: no leader is known
 * @param address host:port of its client port; empty: not known
 */
public record LeaderInfo(long term, String nodeId, String address) {
  /** Nothing known. */
  public static final LeaderInfo NONE = new LeaderInfo(0, "", "");

  /** Whether a leader with an address is known. */
  public boolean isKnown() {
    return !address.isEmpty();
  }
}
