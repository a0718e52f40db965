package io.troika.server.raft.peers;

import io.troika.server.config.NodeConfig.MemberConfig;

/**
 * Who a node is, in its own words.
 *
 * @param standing towards the group
 * @param self its addresses, by its configuration file
 * @param membership as far as it knows
 * @param logLevel which entries of a log its version can apply: 0 in versions before there was more
 *     than one Raft group, {@link #GROUPS_LEVEL} before clusters had an id, 2 before transactions
 *     over several storages were staged, {@link #LOG_LEVEL} in this one
 */
public record PeerIntroduction(
    Standing standing, MemberConfig self, Membership membership, int logLevel) {
  /** With entries about Raft groups. */
  public static final int GROUPS_LEVEL = 1;

  /** With staged transactions over several storages. */
  public static final int STAGED_TOGETHER_LEVEL = 3;

  public static final int LOG_LEVEL = STAGED_TOGETHER_LEVEL;

  /** Of this version. */
  public PeerIntroduction(Standing standing, MemberConfig self, Membership membership) {
    this(standing, self, membership, LOG_LEVEL);
  }

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
