package io.troika.server.cli.serve;

import io.troika.server.cli.backups.NodeCopier;
import io.troika.server.cli.logging.Logging;
import io.troika.server.cli.logging.NameLookups;
import io.troika.server.cli.options.ExitCodes;
import io.troika.server.cli.options.HelpOption;
import io.troika.server.config.NodeConfig;
import io.troika.server.config.NodeConfigLoader;
import io.troika.server.config.PlainTextPorts;
import io.troika.server.node.Node;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs one node until it is told to stop. */
@Command(
    name = "serve",
    description = "Run one node until SIGTERM or Ctrl-C.",
    footerHeading = "%nConfiguration:%n",
    footer = {
      "Flags come before environment variables (TROIKA_RAFT_ENTRY_SIZE_MAX is",
      "raft.entry-size-max), these before the file. --print-config shows every key.",
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:stopped as asked",
      "1:could not start, or the node is broken",
      "2:wrong configuration",
    })
public final class ServeCommand implements Callable<Integer> {
  @Mixin HelpOption help;
  @Spec private CommandSpec spec;

  @Option(
      names = {"-c", "--config"},
      paramLabel = "FILE",
      description = "Configuration in HOCON.")
  private @Nullable Path file;

  @Option(names = "--node-id", paramLabel = "ID", description = "Which member this node is.")
  private @Nullable String nodeId;

  @Option(names = "--data", paramLabel = "DIR", description = "Where the node keeps its data.")
  private @Nullable String dataDirectory;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Any key of the configuration; may be repeated.")
  private Map<String, String> settings = new TreeMap<>();

  @Option(
      names = "--insecure",
      description = "Plain text outside loopback too: security.plain-text=anywhere.")
  private boolean insecure;

  @Option(names = "--print-config", description = "Print the effective configuration and end.")
  private boolean printConfig;

  @Option(
      names = "--stop-with-stdin",
      hidden = true,
      description = "Stop when standard input ends, so that no child outlives its parent.")
  private boolean stopWithStdin;

  @Override
  public Integer call() throws IOException, InterruptedException {
    NodeConfig config = load();
    PrintWriter out = spec.commandLine().getOut();
    if (printConfig) {
      out.print(NodeConfigLoader.render(config));
      out.flush();
      return ExitCodes.OK;
    }
    Logging.showNodes();
    NameLookups.followChanges();
    PlainTextPorts.requireAllowed(config); // before there is anything to stop
    StopSignal stop = StopSignal.install();
    Node node = Node.start(config, NodeCopier::copy);
    stop.whenAsked(node::close);
    var unused = node.whenBroken().thenAccept(stop::broken);
    if (stopWithStdin) {
      stop.whenStandardInputEnds();
    }
    out.printf("Node %s serves clients at %s%n", config.nodeId(), config.self().client());
    if (config.zeo().listen() != null) {
      out.printf("Node %s serves ZEO clients at %s%n", config.nodeId(), config.zeo().listen());
    }
    if (config.httpListen() != null) {
      out.printf(
          "Node %s answers %s at %s%n",
          config.nodeId(), config.isHttpSecured() ? "HTTPS" : "HTTP", config.httpListen());
    }
    out.flush();
    return stop.await();
  }

  private NodeConfig load() {
    NodeConfigLoader loader = new NodeConfigLoader().environment(System.getenv());
    if (file != null) {
      loader.file(file);
    }
    settings.forEach(loader::flag);
    if (insecure) {
      loader.flag("security.plain-text", "anywhere");
    }
    if (nodeId != null) {
      loader.flag("node-id", nodeId);
    }
    if (dataDirectory != null) {
      loader.flag("data-directory", dataDirectory);
    }
    return loader.load();
  }
}
