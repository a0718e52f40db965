package io.troika.server.core.model;

import static io.troika.server.core.model.Checks.requireArgument;

import java.util.Comparator;
import java.util.List;
import java.util.UUID;

/**
 * A Raft group beside the one that a cluster begins with.
 *
 * @param name 1 to {@link #NAME_LENGTH_MAX} of a-z, 0-9 and -, a letter first; never {@link #MAIN}
 * @param uuid what Raft calls it
 * @param createdIndex of the entry in the log of {@link #MAIN} that created it
 * @param members who began it, ordered by id, each once; who belongs to it now is said by its log
 */
public record GroupInfo(String name, UUID uuid, long createdIndex, List<Member> members) {
  /** The group that a cluster begins with; its log says which others there are. */
  public static final String MAIN = "g0";

  public static final int NAME_LENGTH_MAX = 32;

  /**
   * A node with its addresses, host:port each.
   *
   * @param raft of its Raft port
   * @param peer of its port for questions of peers
   * @param client of its port for clients
   */
  public record Member(String nodeId, String raft, String peer, String client) {}

  public GroupInfo {
    requireName(name);
    requireArgument(!members.isEmpty(), "group '%s' without members", name);
    members = members.stream().sorted(Comparator.comparing(Member::nodeId)).toList();
    requireArgument(
        members.stream().map(Member::nodeId).distinct().count() == members.size(),
        "group '%s' names a member twice",
        name);
  }

  /** Checks that a new group can have this name. */
  public static void requireName(String name) {
    requireArgument(
        name.length() <= NAME_LENGTH_MAX && name.matches("[a-z][a-z0-9-]*") && !name.equals(MAIN),
        "group name '%s': expected 1 to %s of a-z, 0-9 and -, a letter first, and not %s",
        name,
        NAME_LENGTH_MAX,
        MAIN);
  }

  /** Whether this node is one of those who began it. */
  public boolean beganWith(String nodeId) {
    return members.stream().anyMatch(member -> member.nodeId().equals(nodeId));
  }
}
