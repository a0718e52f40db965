package io.troika.server.status;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.troika.server.service.ports.ClusterControl.Member;
import io.troika.server.service.ports.ClusterControl.Role;
import io.troika.server.service.ports.Leadership;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Raft groups in {@code /status.json}, and what Raft says of a node in one. */
final class GroupsJson {
  private GroupsJson() {}

  /**
   * One group.
   *
   * @param leadership as this node knows it now
   * @param members as this node saw them last; none while it has no part in the group
   */
  record Seen(String name, Leadership leadership, List<Member> members, int storages) {
    Seen {
      members = members.stream().sorted(Comparator.comparing(Member::nodeId)).toList();
    }

    private long committed() {
      return members.stream().mapToLong(Member::committedIndex).max().orElse(-1);
    }
  }

  static JsonArray of(List<Seen> groups) {
    JsonArray array = new JsonArray();
    for (Seen group : groups) {
      JsonObject json = leader(group.leadership());
      JsonObject named = new JsonObject();
      named.addProperty("name", group.name());
      named.add("leader", json.get("node"));
      named.add("term", json.get("term"));
      named.add("starting", json.get("starting"));
      named.addProperty("storages", group.storages());
      JsonArray nodes = new JsonArray();
      group.members().forEach(member -> nodes.add(node(member, group)));
      named.add("nodes", nodes);
      array.add(named);
    }
    return array;
  }

  static JsonObject leader(Leadership leadership) {
    JsonObject json = new JsonObject();
    json.addProperty("node", leadership.isKnown() ? leadership.leader() : null);
    json.addProperty("term", leadership.term());
    json.addProperty("starting", leadership.isStarting());
    return json;
  }

  /** What Raft says of a member. */
  static JsonObject node(Member member, Seen group) {
    long committed = group.committed();
    boolean known = member.reachable() && member.appliedIndex() >= 0 && committed >= 0;
    JsonObject json = new JsonObject();
    json.addProperty("id", member.nodeId());
    json.addProperty("address", member.clientAddress());
    json.addProperty("reachable", member.reachable());
    json.addProperty("role", role(member, group.leadership()));
    json.addProperty("term", known(member.term()));
    json.addProperty("committedIndex", known(member.committedIndex()));
    json.addProperty("appliedIndex", known(member.appliedIndex()));
    json.addProperty("snapshotIndex", known(member.snapshotIndex()));
    json.addProperty("lagEntries", known ? Math.max(0, committed - member.appliedIndex()) : null);
    json.addProperty("diskBytes", known(member.diskBytes()));
    return json;
  }

  /** This node's word on who leads is newer than what the others answered. */
  private static String role(Member member, Leadership leadership) {
    boolean leads = leadership.leader().equals(member.nodeId());
    if (!member.reachable()) {
      return "unknown";
    }
    Role role = leads ? Role.LEADER : member.role() == Role.LEADER ? Role.FOLLOWER : member.role();
    return role.name().toLowerCase(Locale.ROOT);
  }

  static @Nullable Long known(long value) {
    return value < 0 ? null : (Long) value;
  }
}
