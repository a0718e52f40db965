package io.troika.it.cluster;

import io.troika.it.cluster.NodeProcess.Addresses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What nodes of one cluster are started with: configuration file, command, environment. */
final class NodeFiles {
  private static final String CONFIG = "troika.conf";

  private final Path directory;
  private final Function<Path, Map<String, String>> environment;
  private final List<String> settings;

  /**
   * @param directory below which each node has its own
   * @param environment for a node's own directory
   * @param settings lines of each configuration file
   */
  NodeFiles(
      Path directory, Function<Path, Map<String, String>> environment, List<String> settings) {
    this.directory = directory;
    this.environment = environment;
    this.settings = List.copyOf(settings);
  }

  /**
   * A node that is not started yet.
   *
   * @param members as its file has them, itself included
   * @param more lines of its file alone
   * @param prefix what its command begins with
   */
  NodeProcess prepare(Addresses own, List<Addresses> members, String more, List<String> prefix)
      throws IOException {
    Path ofNode = Files.createDirectories(directory.resolve(own.id()));
    Path config = ofNode.resolve(CONFIG);
    Files.writeString(
        config,
        """
        node-id = %s
        data-directory = "%s"
        zeo.listen = "%s"
        members {
        %s}
        %s
        %s
        """
            .formatted(
                own.id(),
                ofNode.resolve("data"),
                own.zeo(),
                members.stream().map(Addresses::member).collect(Collectors.joining()),
                String.join("\n", settings),
                more));
    List<String> command = new ArrayList<>(prefix);
    command.addAll(serve(config, program()));
    return new NodeProcess(own, ofNode, command, environment.apply(ofNode));
  }

  /** How a node is run by the packaged server of another build, on this machine itself. */
  static List<String> ofBuild(Path target, NodeProcess node) {
    return serve(node.directory().resolve(CONFIG), packaged(target));
  }

  /** How a command for operators is begun with the packaged server of another build. */
  static List<String> client(Path target) {
    List<String> command = new ArrayList<>(List.of(javaBinary()));
    command.addAll(packaged(target));
    return command;
  }

  /**
   * Heap and collector are the launcher's. Without the optimizing compiler: of nodes that live for
   * seconds, three on one small machine, it takes more than it gives. {@code
   * troika.test.node.options} replaces that. With {@code troika.test.server} it is the packaged
   * server of that directory, with its class-data archive, as the launcher starts it; else the
   * classes that this JVM has.
   */
  private static List<String> serve(Path config, List<String> program) {
    List<String> command = new ArrayList<>();
    command.add(javaBinary());
    command.add("-Xmx512m");
    command.add("-XX:+UseParallelGC");
    String extra = System.getProperty("troika.test.node.options", "-XX:TieredStopAtLevel=1");
    if (!extra.isBlank()) {
      command.addAll(List.of(extra.trim().split(" +")));
    }
    command.addAll(program);
    command.add("serve");
    command.add("--config");
    command.add(config.toString());
    return command;
  }

  static String javaBinary() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  static List<String> program() {
    String packaged = System.getProperty("troika.test.server");
    if (packaged == null) {
      String classPath = System.getProperty("java.class.path");
      return List.of("-cp", classPath, "io.troika.server.cli.TroikaCommand");
    }
    return packaged(Path.of(packaged));
  }

  private static List<String> packaged(Path target) {
    return List.of(
        "-XX:SharedArchiveFile=" + target.resolve("troika-classes.jsa"),
        "-Xlog:cds=off",
        "-Xlog:cds+dynamic=off",
        "-jar",
        target
            .resolve("troika-server-" + System.getProperty("troika.version") + ".jar")
            .toString());
  }
}
