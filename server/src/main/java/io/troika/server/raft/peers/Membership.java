package io.troika.server.raft.peers;

import io.troika.server.config.HostAndPort;
import io.troika.server.config.NodeConfig.MemberConfig;
import io.troika.server.service.ports.GroupMembers;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Who belongs to the group and where they are, by the newest configuration in a node's log. It says
 * more than the configuration file, which only tells how the group began.
 *
 * @param index of the log entry that says so; -1 if no entry does
 * @param settled whether that entry is committed and no change is under way
 * @param members all who vote, in a change those that will and those that did; ordered by node id
 */
public record Membership(long index, boolean settled, List<MemberConfig> members) {
  /** Of a node that knows no configuration. */
  public static final Membership NONE = new Membership(-1, false, List.of());

  public Membership {
    members = members.stream().sorted(Comparator.comparing(MemberConfig::nodeId)).toList();
  }

  public boolean isKnown() {
    return !members.isEmpty();
  }

  public Optional<MemberConfig> member(String nodeId) {
    return members.stream().filter(member -> member.nodeId().equals(nodeId)).findFirst();
  }

  public boolean contains(String nodeId) {
    return member(nodeId).isPresent();
  }

  /** Ids of all, in their order. */
  public List<String> ids() {
    return members.stream().map(MemberConfig::nodeId).toList();
  }

  /** All but this node. */
  public List<String> others(String nodeId) {
    return ids().stream().filter(id -> !id.equals(nodeId)).toList();
  }

  /** Everybody with all addresses, as in a configuration file. */
  public String describe() {
    return members.stream()
        .map(
            member ->
                "%s { raft = %s, peer = %s, client = %s }"
                    .formatted(member.nodeId(), member.raft(), member.peer(), member.client()))
        .collect(Collectors.joining(", "));
  }

  /** Where clients find them. */
  public GroupMembers forClients() {
    return new GroupMembers(
        index,
        members.stream()
            .map(member -> new GroupMembers.Address(member.nodeId(), member.client().toString()))
            .toList());
  }

  public Map<String, HostAndPort> peerAddresses() {
    Map<String, HostAndPort> addresses = new TreeMap<>();
    members.forEach(member -> addresses.put(member.nodeId(), member.peer()));
    return addresses;
  }
}
