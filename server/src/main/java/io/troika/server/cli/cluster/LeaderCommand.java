package io.troika.server.cli.cluster;

import io.troika.client.LeaderInfo;
import io.troika.client.TroikaClient;
import io.troika.server.cli.options.ClientOptions;
import io.troika.server.cli.options.CommandGroup;
import io.troika.server.cli.options.HelpOption;
import io.troika.server.cli.options.OutputOption;
import io.troika.server.cli.output.StatusText;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Commands about leadership. */
@Command(
    name = "leader",
    description = "Hand leadership over.",
    subcommands = LeaderCommand.Transfer.class)
public final class LeaderCommand extends CommandGroup {
  /** Moves leadership. */
  @Command(name = "transfer", description = "Hand leadership to another node.")
  static final class Transfer implements Runnable {
    @Mixin HelpOption help;
    @Mixin private ClientOptions client;
    @Mixin private OutputOption output;
    @Spec private CommandSpec spec;

    @Parameters(
        arity = "0..1",
        paramLabel = "NODE",
        defaultValue = "",
        description = "Id of the new leader. Default: the follower that is furthest.")
    private String target;

    @Option(
        names = "--group",
        paramLabel = "GROUP",
        defaultValue = LeaderInfo.MAIN_GROUP,
        description = "Of this Raft group. Default: ${DEFAULT-VALUE}.")
    private String group;

    @Override
    public void run() {
      try (TroikaClient connected = client.connect()) {
        LeaderInfo leader = connected.admin().transferLeadership(group, target);
        output.print(
            spec.commandLine().getOut(),
            () ->
                List.of(
                    "%s at %s leads in term %s"
                        .formatted(leader.nodeId(), leader.address(), leader.term())),
            () -> StatusText.leader(leader));
      }
    }
  }
}
