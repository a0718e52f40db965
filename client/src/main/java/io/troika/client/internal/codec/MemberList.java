package io.troika.client.internal.codec;

import io.troika.api.v1.FindLeaderResponse;
import io.troika.api.v1.MemberAddress;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Who votes in the group, as a node said.
 *
 * @param index of the log entry that says so; of two lists the one of the later entry counts
 * @param addresses host:port by node id, in the order of ids; none when the node could not say
 */
public record MemberList(long index, Map<String, String> addresses) {
  /** Of a client that was told nothing yet. */
  public static final MemberList UNKNOWN = new MemberList(-1, Map.of());

  /** No group is that large; a client must not hold a channel for each line of a broken answer. */
  static final int MEMBERS_MAX = 32;

  /** What an answer says of them. */
  public static MemberList of(FindLeaderResponse answer) {
    Map<String, String> addresses = new LinkedHashMap<>();
    for (MemberAddress member : answer.getMembersList()) {
      if (!member.getNodeId().isEmpty() && addresses.size() < MEMBERS_MAX) {
        addresses.put(member.getNodeId(), member.getClientAddress());
      }
    }
    return addresses.isEmpty() ? UNKNOWN : new MemberList(answer.getMembersIndex(), addresses);
  }

  public boolean isKnown() {
    return !addresses.isEmpty();
  }

  /** Whether this one counts, after {@code other} did. */
  public boolean isNewerThan(MemberList other) {
    return isKnown() && index > other.index;
  }
}
