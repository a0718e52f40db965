package io.troika.it.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.troika.it.cluster.Prerequisite;
import io.troika.it.zodb.PythonEnvironment;
import io.troika.server.config.HostAndPort;
import io.troika.server.config.NodeConfig;
import io.troika.server.config.NodeConfig.MemberConfig;
import io.troika.server.config.NodeConfigLoader;
import io.troika.server.config.PlainTextPorts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Kubernetes manifests and the systemd unit. */
@Tag("once")
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class DeploymentFilesIT {
  private static final Path DOCKER = Path.of("..", "docker").toAbsolutePath().normalize();
  private static final Path UNITS = Path.of("/usr/lib/systemd/system");
  private static final int SECONDS_MAX = 180;

  @TempDir Path directory;

  @Test
  void kubernetes_manifestsFitTheirSchemas_andPodsAreConfiguredAsOneGroup() throws Exception {
    PythonEnvironment python = PythonEnvironment.require("deploy", "deploy/requirements.txt");
    Path manifest = DOCKER.resolve("kubernetes/troika.yaml");
    String printed = run(python.script("deploy/manifests.py", directory, manifest.toString()));
    List<NodeConfig> nodes = new ArrayList<>();
    for (Config pod : ConfigFactory.parseString(printed).getConfigList("pods")) {
      Map<String, String> environment = new HashMap<>(imageEnvironment());
      pod.root().forEach((name, value) -> environment.put(name, value.unwrapped().toString()));
      nodes.add(new NodeConfigLoader().environment(environment).load());
    }
    assertThat(nodes)
        .extracting(NodeConfig::nodeId)
        .containsExactly("troika-0", "troika-1", "troika-2");
    for (NodeConfig node : nodes) {
      assertThat(node.members()).isEqualTo(nodes.get(0).members());
      MemberConfig self = node.self();
      String host = node.nodeId() + ".troika-nodes.objects.svc";
      assertThat(List.of(self.raft(), self.peer(), self.client()))
          .containsExactly(
              new HostAndPort(host, 7300),
              new HostAndPort(host, 7500),
              new HostAndPort(host, 7400));
      PlainTextPorts.requireAllowed(node);
    }
  }

  /** What the image sets: lines {@code NAME=value} of its ENV instruction. */
  private static Map<String, String> imageEnvironment() throws IOException {
    Map<String, String> environment = new HashMap<>();
    Matcher matcher =
        Pattern.compile("\\b(TROIKA_[A-Z_]+)=(\\S+)")
            .matcher(Files.readString(DOCKER.resolve("Dockerfile")));
    while (matcher.find()) {
      environment.put(matcher.group(1), matcher.group(2));
    }
    assertThat(environment).containsKey("TROIKA_LISTEN_HOST");
    return environment;
  }

  @Test
  void systemd_unitIsValid_andHardened() throws Exception {
    if (!Files.isExecutable(Path.of("/usr/bin/systemd-analyze"))) {
      throw Prerequisite.missing("systemd-analyze", null);
    }
    // Of the unit files of the system only those that this one leads to are needed.
    Path units = Files.createDirectories(directory.resolve("etc/systemd/system"));
    for (Path unit : listed(UNITS, "*.target")) {
      Files.copy(unit, units.resolve(unit.getFileName()));
    }
    Files.copy(DOCKER.resolve("systemd/troika.service"), units.resolve("troika.service"));
    Path launcher = directory.resolve("usr/local/bin/troika");
    Files.createDirectories(directory.resolve("usr/local/bin"));
    Files.copy(DOCKER.resolve("troika"), launcher, StandardCopyOption.COPY_ATTRIBUTES);
    String root = "--root=" + directory;
    String said =
        run(new ProcessBuilder("systemd-analyze", "verify", "--man=no", root, "troika.service"));
    assertThat(said).doesNotContain("troika.service:");
    // 0 is locked in, 10 is as free as root; the tool exits with an error above the threshold.
    run(
        new ProcessBuilder(
            "systemd-analyze",
            "security",
            "--offline=true",
            "--threshold=15",
            root,
            "troika.service"));
  }

  private static List<Path> listed(Path of, String glob) throws IOException {
    List<Path> found = new ArrayList<>();
    try (var files = Files.newDirectoryStream(of, glob)) {
      files.forEach(found::add);
    }
    return found;
  }

  /** Output of what has to succeed. */
  private String run(ProcessBuilder builder) throws IOException, InterruptedException {
    Path output = directory.resolve("output.txt");
    Process process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    try {
      assertThat(process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    String text = Files.readString(output, StandardCharsets.UTF_8);
    assertThat(process.exitValue()).as(text).isZero();
    return text;
  }
}
