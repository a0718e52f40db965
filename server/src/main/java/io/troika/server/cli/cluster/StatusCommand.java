package io.troika.server.cli.cluster;

import io.troika.client.ClusterAdmin;
import io.troika.client.ClusterStatus;
import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import io.troika.server.cli.options.ClientOptions;
import io.troika.server.cli.options.ExitCodes;
import io.troika.server.cli.options.HelpOption;
import io.troika.server.cli.options.OutputOption;
import io.troika.server.cli.output.StatusText;
import io.troika.server.cli.output.Terminal;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What a cluster's nodes say of themselves. */
@Command(
    name = "status",
    description = "Show nodes, leader, lag and storages.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:every node answers and one leads", "3:otherwise"})
public final class StatusCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(StatusCommand.class);
  private static final String CLEAR_SCREEN = "\u001b[H\u001b[2J";

  @Mixin HelpOption help;
  @Mixin private ClientOptions client;
  @Mixin private OutputOption output;
  @Spec private CommandSpec spec;

  @Option(
      names = {"-w", "--watch"},
      description = "Show it again and again, until Ctrl-C.")
  private boolean watch;

  @Option(
      names = "--interval",
      paramLabel = "SECONDS",
      defaultValue = "1",
      description = "Pause between two looks with --watch. Default: ${DEFAULT-VALUE}.")
  private int intervalSeconds;

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    try (TroikaClient connected = client.connect()) {
      while (watch) {
        showOnce(connected, out);
        if (OutputOption.isLost(out)) {
          return ExitCodes.FAILED; // nobody sees it any more
        }
        TimeUnit.SECONDS.sleep(Math.max(1, intervalSeconds));
      }
      ClusterStatus status = ask(connected.admin());
      show(status, out);
      return StatusText.isWhole(status) ? ExitCodes.OK : ExitCodes.UNAVAILABLE;
    }
  }

  private static ClusterStatus ask(ClusterAdmin admin) {
    return ask(admin.status(), admin::statusOf);
  }

  /**
   * The leader's word where there is one: it is told how far backups and imports are. A node that
   * was removed, or is cut off, knows no leader; others may.
   */
  static ClusterStatus ask(ClusterStatus first, Function<String, ClusterStatus> statusOf) {
    String leader = first.leader().isKnown() ? first.leader().nodeId() : "";
    if (leader.equals(first.answeringNode())) {
      return first;
    }
    return first.nodes().stream()
        .filter(node -> node.reachable() && !node.nodeId().equals(first.answeringNode()))
        .filter(node -> leader.isEmpty() || node.nodeId().equals(leader))
        .flatMap(node -> tried(node.address(), statusOf).stream())
        .filter(other -> other.leader().isKnown())
        .findFirst()
        .orElse(first);
  }

  private static Optional<ClusterStatus> tried(
      String address, Function<String, ClusterStatus> statusOf) {
    try {
      return Optional.of(statusOf.apply(address));
    } catch (TroikaException e) {
      LOG.debug("{} does not say how the cluster is", address, e);
      return Optional.empty();
    }
  }

  /** While watching, a cluster that does not answer is something to see, not the end. */
  private void showOnce(TroikaClient connected, PrintWriter out) {
    if (Terminal.isAttached()) {
      out.print(CLEAR_SCREEN);
    }
    try {
      show(ask(connected.admin()), out);
    } catch (TroikaException e) {
      out.println(e.getMessage());
      out.flush();
    }
  }

  private void show(ClusterStatus status, PrintWriter out) {
    output.print(out, () -> StatusText.lines(status), () -> StatusText.json(status));
  }
}
