package io.troika.server.cli.output;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.troika.client.ClusterStatus;
import io.troika.client.LeaderInfo;
import io.troika.client.NodeStatus;
import io.troika.client.StorageInfo;
import io.troika.client.Tid;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A cluster's status for people and for programs. */
public final class StatusText {
  private StatusText() {}

  /** Whether nothing is missing: every node answers and the leader is known. */
  public static boolean isWhole(ClusterStatus status) {
    return status.leader().isKnown()
        && status.nodes().stream().allMatch(NodeStatus::reachable)
        && status.groups().stream()
            .allMatch(
                group ->
                    group.leader().isKnown()
                        && group.nodes().stream().allMatch(NodeStatus::reachable));
  }

  public static List<String> lines(ClusterStatus status) {
    List<String> lines = new ArrayList<>();
    LeaderInfo leader = status.leader();
    lines.add(
        leader.isKnown()
            ? "Leader %s at %s in term %s, says %s (Troika %s)"
                .formatted(
                    leader.nodeId(),
                    leader.address(),
                    leader.term(),
                    status.answeringNode(),
                    status.version())
            : "No leader, says %s (Troika %s)".formatted(status.answeringNode(), status.version()));
    lines.add("");
    lines.addAll(nodes(status.nodes()));
    lines.add("");
    if (!status.groups().isEmpty()) {
      lines.addAll(GroupText.lines(status));
      lines.add("");
    }
    lines.addAll(storages(status.storages()));
    if (!status.jobs().isEmpty()) {
      lines.add("");
      lines.addAll(JobText.lines(status.jobs()));
    }
    return lines;
  }

  public static List<String> nodes(List<NodeStatus> nodes) {
    TextTable table =
        new TextTable(
            "NODE", "ADDRESS", "ROLE", ">TERM", ">COMMITTED", ">APPLIED", ">LAG", ">DISK");
    for (NodeStatus node : nodes) {
      table.row(
          node.nodeId(),
          node.address(),
          role(node),
          HumanUnits.count(node.term()),
          HumanUnits.count(node.committedIndex()),
          HumanUnits.count(node.appliedIndex()),
          HumanUnits.count(node.lagEntries()),
          HumanUnits.size(node.diskBytes()));
    }
    return table.lines();
  }

  public static List<String> storages(List<StorageInfo> storages) {
    // Most clusters have one group.
    boolean grouped =
        storages.stream().anyMatch(storage -> !storage.group().equals(LeaderInfo.MAIN_GROUP));
    TextTable table =
        new TextTable(
            grouped ? "GROUP/STORAGE" : "STORAGE",
            ">OBJECTS",
            ">TRANSACTIONS",
            ">SIZE",
            ">QUOTA",
            "LAST TRANSACTION");
    for (StorageInfo storage : storages) {
      table.row(
          grouped ? storage.group() + "/" + storage.name() : storage.name(),
          HumanUnits.count(storage.objectCount()),
          HumanUnits.count(storage.transactionCount()),
          HumanUnits.size(storage.sizeBytes()),
          HumanUnits.size(storage.quotaBytes().orElse(-1)),
          tid(storage.lastTid()));
    }
    return table.lines();
  }

  /** A tid with the time it encodes, to the second. */
  public static String tid(Tid tid) {
    return tid.isNone() ? "-" : tid + " " + time(tid);
  }

  public static String time(Tid tid) {
    return HumanUnits.time(tid.toInstant());
  }

  private static String role(NodeStatus node) {
    return node.reachable() ? node.role().name().toLowerCase(Locale.ROOT) : "unreachable";
  }

  public static JsonObject json(ClusterStatus status) {
    JsonObject json = new JsonObject();
    json.addProperty("answeringNode", status.answeringNode());
    json.addProperty("version", status.version());
    json.addProperty("clusterId", status.clusterId());
    json.add("leader", leader(status.leader()));
    JsonArray nodes = new JsonArray();
    status.nodes().forEach(node -> nodes.add(node(node)));
    json.add("nodes", nodes);
    json.add("groups", GroupText.othersJson(status));
    json.add("storages", storagesJson(status.storages()));
    json.add("jobs", JobText.json(status.jobs()));
    return json;
  }

  public static JsonObject leader(LeaderInfo leader) {
    JsonObject json = new JsonObject();
    json.addProperty("nodeId", leader.nodeId());
    json.addProperty("address", leader.address());
    json.addProperty("term", leader.term());
    return json;
  }

  static JsonObject node(NodeStatus node) {
    JsonObject json = new JsonObject();
    json.addProperty("nodeId", node.nodeId());
    json.addProperty("address", node.address());
    json.addProperty("raftAddress", node.raftAddress());
    json.addProperty("reachable", node.reachable());
    json.addProperty("role", node.role().name().toLowerCase(Locale.ROOT));
    json.addProperty("term", node.term());
    json.addProperty("committedIndex", node.committedIndex());
    json.addProperty("appliedIndex", node.appliedIndex());
    json.addProperty("snapshotIndex", node.snapshotIndex());
    json.addProperty("lagEntries", node.lagEntries());
    json.addProperty("diskBytes", node.diskBytes());
    return json;
  }

  public static JsonArray storagesJson(List<StorageInfo> storages) {
    JsonArray array = new JsonArray();
    for (StorageInfo storage : storages) {
      JsonObject json = new JsonObject();
      json.addProperty("name", storage.name());
      json.addProperty("uuid", storage.uuid().toString());
      json.addProperty("epoch", storage.epoch());
      json.addProperty("group", storage.group());
      json.addProperty("lastTid", storage.lastTid().toString());
      json.addProperty("packTid", storage.packTid().toString());
      json.addProperty("objects", storage.objectCount());
      json.addProperty("transactions", storage.transactionCount());
      json.addProperty("dataBytes", storage.dataBytes());
      json.addProperty("blobBytes", storage.blobBytes());
      json.addProperty("sizeBytes", storage.sizeBytes());
      json.addProperty(
          "quotaBytes",
          storage.quotaBytes().isPresent() ? (Long) storage.quotaBytes().getAsLong() : null);
      array.add(json);
    }
    return array;
  }
}
