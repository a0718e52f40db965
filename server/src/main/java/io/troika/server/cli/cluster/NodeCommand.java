package io.troika.server.cli.cluster;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.troika.client.ClusterAdmin;
import io.troika.client.ClusterStatus;
import io.troika.client.NodeChange;
import io.troika.client.NodeStatus;
import io.troika.client.TroikaClient;
import io.troika.server.cli.options.ClientOptions;
import io.troika.server.cli.options.CommandGroup;
import io.troika.server.cli.options.ExitCodes;
import io.troika.server.cli.options.HelpOption;
import io.troika.server.cli.options.OutputOption;
import io.troika.server.cli.options.QueryCommand;
import io.troika.server.cli.output.LongTask;
import io.troika.server.cli.output.StatusText;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Commands about who belongs to the cluster. */
@Command(
    name = "node",
    description = "List, add, remove and replace the nodes of a running cluster.",
    subcommands = {
      NodeCommand.Listing.class,
      NodeCommand.Add.class,
      NodeCommand.Remove.class,
      NodeCommand.Replace.class
    })
public final class NodeCommand extends CommandGroup {
  /** Shows all nodes. */
  @Command(name = "list", description = "List the nodes.")
  static final class Listing extends QueryCommand<ClusterStatus> {
    @Override
    protected ClusterStatus ask(ClusterAdmin admin) {
      return admin.status();
    }

    @Override
    protected List<String> text(ClusterStatus status) {
      return StatusText.nodes(status.nodes());
    }

    @Override
    protected JsonElement json(ClusterStatus status) {
      return StatusText.json(status).getAsJsonArray("nodes");
    }
  }

  /** What the three that change something have in common. */
  abstract static class Change implements Callable<Integer> {
    @Mixin HelpOption help;
    @Mixin private ClientOptions client;
    @Mixin private OutputOption output;
    @Spec private CommandSpec spec;

    /** Called again when another leader has to be asked. */
    abstract NodeChange request(ClusterAdmin admin);

    /** Whether the request makes sense to this cluster; throws otherwise. */
    void check(ClusterStatus status) {}

    @Override
    public Integer call() throws InterruptedException {
      try (TroikaClient connected = client.connect()) {
        ClusterAdmin admin = connected.admin();
        check(admin.status());
        NodeChange change;
        try (LongTask progress = LongTask.counting("Changing nodes", "entries behind")) {
          change = new NodeChangeRun(admin, this::request, progress).run();
        }
        List<NodeStatus> nodes = admin.status().nodes();
        output.print(spec.commandLine().getOut(), () -> lines(change, nodes), () -> json(change));
        return change.phase() == NodeChange.Phase.DONE ? ExitCodes.OK : ExitCodes.FAILED;
      }
    }

    static void requireMember(ClusterStatus status, String nodeId) {
      List<String> ids = status.nodes().stream().map(NodeStatus::nodeId).toList();
      if (!ids.contains(nodeId)) {
        throw new IllegalArgumentException(
            "node %s: not one of the members %s".formatted(nodeId, ids));
      }
    }
  }

  /** Adds a node. */
  @Command(
      name = "add",
      description = {
        "Add a node, and wait until it is a member.",
        "Start it first, with an empty directory, raft.join = true, and some of the cluster's nodes"
            + " and itself as its members. It takes the data over without a say, and has one once"
            + " it has caught up. Interrupted, this command leaves it going."
      },
      exitCodeListHeading = "%nExit codes:%n",
      exitCodeList = {"0:it is a member", "1:refused or failed; the nodes are as they were"})
  static final class Add extends Change {
    @Parameters(index = "0", paramLabel = "NODE", description = "Its id.")
    private String nodeId;

    @Parameters(
        index = "1",
        paramLabel = "HOST:PORT",
        description = "Its peer address, as in its configuration.")
    private String peerAddress;

    @Override
    NodeChange request(ClusterAdmin admin) {
      return admin.addNode(nodeId, peerAddress);
    }
  }

  /** Removes a node. */
  @Command(
      name = "remove",
      description = {
        "Remove a node, and wait until it is no member any more.",
        "The leader hands over first. Stop the node afterwards. Refused if a majority of living"
            + " nodes would be lost."
      },
      exitCodeListHeading = "%nExit codes:%n",
      exitCodeList = {"0:it is no member", "1:refused or failed; the nodes are as they were"})
  static final class Remove extends Change {
    @Parameters(paramLabel = "NODE", description = "Its id.")
    private String nodeId;

    @Option(names = "--fewer-than-three", description = "Allow that fewer than three are left.")
    private boolean fewerThanThree;

    @Override
    void check(ClusterStatus status) {
      requireMember(status, nodeId);
    }

    @Override
    NodeChange request(ClusterAdmin admin) {
      return admin.removeNode(nodeId, fewerThanThree);
    }
  }

  /** Replaces a node. */
  @Command(
      name = "replace",
      description = {
        "Take a new node in for another one, dead or alive, in one step.",
        "For a disk or a machine that is lost. Start the new one first, as for 'node add'."
      },
      exitCodeListHeading = "%nExit codes:%n",
      exitCodeList = {"0:replaced", "1:refused or failed; the nodes are as they were"})
  static final class Replace extends Change {
    @Parameters(index = "0", paramLabel = "OLD", description = "Id of the one that goes.")
    private String leaving;

    @Parameters(index = "1", paramLabel = "NEW", description = "Id of the one that comes.")
    private String joining;

    @Parameters(
        index = "2",
        paramLabel = "HOST:PORT",
        description = "Its peer address, as in its configuration.")
    private String peerAddress;

    @Override
    NodeChange request(ClusterAdmin admin) {
      return admin.replaceNode(leaving, joining, peerAddress);
    }
  }

  static List<String> lines(NodeChange change, List<NodeStatus> nodes) {
    if (change.phase() != NodeChange.Phase.DONE) {
      return List.of("failed: " + change.problem());
    }
    List<String> ids = nodes.stream().map(NodeStatus::nodeId).toList();
    return List.of("done; the nodes are " + String.join(", ", ids));
  }

  private static JsonObject json(NodeChange change) {
    JsonObject json = new JsonObject();
    json.addProperty("joining", change.joining());
    json.addProperty("leaving", change.leaving());
    json.addProperty("done", change.phase() == NodeChange.Phase.DONE);
    json.addProperty("problem", change.problem());
    return json;
  }
}
