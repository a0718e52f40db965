package io.troika.server.cli.cluster;

import com.google.gson.JsonElement;
import io.troika.client.ClusterAdmin;
import io.troika.client.ClusterStatus;
import io.troika.server.cli.options.CommandGroup;
import io.troika.server.cli.options.QueryCommand;
import io.troika.server.cli.output.GroupText;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Commands about Raft groups. */
@Command(
    name = "group",
    description = "List, create and drop Raft groups: logs with a leader each.",
    subcommands = {
      RaftGroupCommand.Listing.class,
      RaftGroupCommand.Create.class,
      RaftGroupCommand.Drop.class
    })
public final class RaftGroupCommand extends CommandGroup {
  /** What all print. */
  abstract static class Groups extends QueryCommand<ClusterStatus> {
    @Override
    protected final List<String> text(ClusterStatus status) {
      return GroupText.lines(status);
    }

    @Override
    protected final JsonElement json(ClusterStatus status) {
      return GroupText.json(status);
    }
  }

  /** Shows all groups. */
  @Command(name = "list", description = "List the groups with their leaders and storages.")
  static final class Listing extends Groups {
    @Override
    protected ClusterStatus ask(ClusterAdmin admin) {
      return admin.status();
    }
  }

  /** Creates a group. */
  @Command(
      name = "create",
      description = {
        "Create a group on all nodes; one that exists already is left alone.",
        "It commits beside the others, led by another node if that is idle. For each,",
        "every node has a log to fsync, threads and a database: make few.",
        "Then: troika storage create NAME --group GROUP",
      })
  static final class Create extends Groups {
    @Parameters(paramLabel = "GROUP", description = "Its name: a-z, 0-9 and -, up to 32.")
    private String name;

    @Override
    protected ClusterStatus ask(ClusterAdmin admin) {
      admin.createGroup(name);
      return admin.status();
    }
  }

  /** Drops a group. */
  @Command(
      name = "drop",
      description = {
        "Drop a group in which there is no storage, on all nodes.",
        "One that is away does so when it comes back. The name is not used again.",
        "Storages do not move: back them up, drop them, and restore them elsewhere.",
      })
  static final class Drop extends Groups {
    @Parameters(paramLabel = "GROUP", description = "Its name; g0 stays.")
    private String name;

    @Override
    protected ClusterStatus ask(ClusterAdmin admin) {
      admin.dropGroup(name);
      return admin.status();
    }
  }
}
