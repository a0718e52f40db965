package io.troika.server.cli.cluster;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.troika.client.ClusterStatus;
import io.troika.client.LeaderInfo;
import io.troika.client.NodeStatus;
import io.troika.client.SnapshotPosition;
import io.troika.client.TroikaClient;
import io.troika.server.cli.options.ClientOptions;
import io.troika.server.cli.options.HelpOption;
import io.troika.server.cli.options.OutputOption;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Takes Raft snapshots. */
@Command(
    name = "snapshot",
    description = "Make what nodes applied durable now, in all groups; purges logs.")
public final class SnapshotCommand implements Runnable {
  @Mixin HelpOption help;
  @Mixin private ClientOptions client;
  @Mixin private OutputOption output;
  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..*",
      paramLabel = "NODE",
      description = "Ids of the nodes. Default: all that answer.")
  private List<String> nodeIds = new ArrayList<>();

  @Override
  public void run() {
    PrintWriter out = output.progress(spec.commandLine().getOut());
    JsonArray taken = new JsonArray();
    try (TroikaClient connected = client.connect()) {
      for (NodeStatus node : chosen(connected.admin().status().nodes())) {
        for (String group : groups(connected.admin().statusOf(node.address()))) {
          SnapshotPosition position = connected.admin().takeSnapshot(node.address(), group);
          out.printf(
              "%s: %s is durable up to entry %s of term %s%n",
              node.nodeId(), group, position.index(), position.term());
          out.flush();
          taken.add(json(node.nodeId(), group, position));
        }
      }
    }
    output.end(spec.commandLine().getOut(), () -> taken);
  }

  private static JsonObject json(String node, String group, SnapshotPosition position) {
    JsonObject json = new JsonObject();
    json.addProperty("nodeId", node);
    json.addProperty("group", group);
    json.addProperty("index", position.index());
    json.addProperty("term", position.term());
    return json;
  }

  /** Those in which the node that answers has a part. */
  private static List<String> groups(ClusterStatus status) {
    List<String> groups = new ArrayList<>(List.of(LeaderInfo.MAIN_GROUP));
    status.groups().stream()
        .filter(group -> !group.nodes().isEmpty())
        .forEach(group -> groups.add(group.name()));
    return groups;
  }

  private List<NodeStatus> chosen(List<NodeStatus> nodes) {
    List<String> known = nodes.stream().map(NodeStatus::nodeId).toList();
    for (String id : nodeIds) {
      if (!known.contains(id)) {
        throw new ParameterException(
            spec.commandLine(), "node '%s': expected one of %s".formatted(id, known));
      }
    }
    return nodes.stream()
        .filter(node -> nodeIds.isEmpty() ? node.reachable() : nodeIds.contains(node.nodeId()))
        .toList();
  }
}
