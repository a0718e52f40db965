package io.troika.server.cli.output;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.troika.client.ClusterStatus;
import io.troika.client.GroupStatus;
import io.troika.client.LeaderInfo;
import io.troika.client.NodeStatus;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The Raft groups of a cluster for people and for programs. */
public final class GroupText {
  private GroupText() {}

  /** All, the first one as the others. */
  private static List<GroupStatus> all(ClusterStatus status) {
    List<GroupStatus> all = new ArrayList<>();
    all.add(new GroupStatus(LeaderInfo.MAIN_GROUP, status.leader(), status.nodes()));
    all.addAll(status.groups());
    return all;
  }

  public static List<String> lines(ClusterStatus status) {
    TextTable table = new TextTable("GROUP", "LEADER", ">TERM", ">NODES", ">LAG", ">STORAGES");
    for (GroupStatus group : all(status)) {
      table.row(
          group.name(),
          group.leader().isKnown() ? group.leader().nodeId() : "-",
          HumanUnits.count(group.leader().term()),
          "%s of %s".formatted(reachable(group), group.nodes().size()),
          HumanUnits.count(lag(group)),
          HumanUnits.count(storages(status, group)));
    }
    return table.lines();
  }

  public static JsonArray json(ClusterStatus status) {
    return json(status, all(status));
  }

  /** Those beside the first one, which the rest of a status is about. */
  static JsonArray othersJson(ClusterStatus status) {
    return json(status, status.groups());
  }

  private static JsonArray json(ClusterStatus status, List<GroupStatus> groups) {
    JsonArray array = new JsonArray();
    for (GroupStatus group : groups) {
      JsonObject json = new JsonObject();
      json.addProperty("name", group.name());
      json.add("leader", StatusText.leader(group.leader()));
      JsonArray nodes = new JsonArray();
      group.nodes().forEach(node -> nodes.add(StatusText.node(node)));
      json.add("nodes", nodes);
      json.addProperty("storages", storages(status, group));
      array.add(json);
    }
    return array;
  }

  private static long reachable(GroupStatus group) {
    return group.nodes().stream().filter(NodeStatus::reachable).count();
  }

  /** Of the one that is furthest behind, of those that answered. */
  private static long lag(GroupStatus group) {
    return group.nodes().stream()
        .map(NodeStatus::lagEntries)
        .max(Comparator.naturalOrder())
        .orElse(-1L);
  }

  private static long storages(ClusterStatus status, GroupStatus group) {
    return status.storages().stream()
        .filter(storage -> storage.group().equals(group.name()))
        .count();
  }
}
