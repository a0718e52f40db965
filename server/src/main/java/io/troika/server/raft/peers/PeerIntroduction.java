package io.troika.server.raft.peers;

import io.troika.server.config.NodeConfig.MemberConfig;

/**
 * Who a node is, in its own words.
 *
 * @param standing towards the group
 * @param self its addresses, by its configuration file
 * @param membership as far as it knows
 */
public record PeerIntroduction(Standing standing, MemberConfig self, Membership membership) {

  /** How a node stands towards its group. */
  public enum Standing {
    MEMBER,
    /** It waits to be added: it votes for nobody and counts for nothing. */
    JOINING,
    /** It has lost its directory or its vote, and asks the others before it takes part. */
    ARRIVING,
    /** It was a member, and was removed. */
    REMOVED
  }
}
