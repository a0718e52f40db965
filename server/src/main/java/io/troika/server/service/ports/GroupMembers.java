package io.troika.server.service.ports;

import java.util.List;

/**
 * Who votes in the group, as of a committed configuration: what clients are told, so that they find
 * new nodes and leave those that are gone.
 *
 * @param index of the log entry that says so
 * @param members ordered by node id; none while a change is under way or nothing is known here
 */
public record GroupMembers(long index, List<Address> members) {
  public static final GroupMembers UNKNOWN = new GroupMembers(0, List.of());

  /**
   * Where clients reach a member.
   *
   * @param client {@code host:port}
   */
  public record Address(String nodeId, String client) {}

  public GroupMembers {
    members = List.copyOf(members);
  }
}
