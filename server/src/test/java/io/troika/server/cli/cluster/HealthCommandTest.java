package io.troika.server.cli.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.server.cli.TypedCommand;
import io.troika.server.cli.options.ExitCodes;
import io.troika.server.config.NodeConfig;
import io.troika.server.config.SecurityConfig;
import io.troika.server.config.SecurityConfig.PlainText;
import io.troika.server.node.ClusterLayout;
import io.troika.server.node.LocalCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a health check hears of real nodes. */
@Timeout(600)
final class HealthCommandTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** Far more than is promised, for a busy machine. */
  private static final Duration NOT_READY_AFTER = Duration.ofMinutes(1);

  @TempDir Path directory;

  private record Answer(int code, String text) {}

  private static Answer health(NodeConfig node, String... options) {
    TypedCommand troika = new TypedCommand();
    String[] arguments = new String[options.length + 3];
    arguments[0] = "health";
    arguments[1] = "--endpoint";
    arguments[2] = node.self().client().toString();
    System.arraycopy(options, 0, arguments, 3, options.length);
    int code = troika.execute(arguments);
    return new Answer(code, troika.out().strip());
  }

  @Test
  void health_majorityLostAndBackAgain_saysSoInTime() throws IOException {
    ClusterLayout layout = ClusterLayout.onFreePorts(directory, 3);
    layout.write();
    NodeConfig left = layout.nodes().get(0);
    try (LocalCluster cluster = LocalCluster.start(layout)) {
      for (NodeConfig node : layout.nodes()) {
        await().atMost(PATIENCE).until(() -> health(node).code() == ExitCodes.OK);
      }
      assertThat(health(left).text()).startsWith("ready: this node ");
      assertThat(health(left, "--live")).extracting(Answer::code).isEqualTo(ExitCodes.OK);

      cluster.kill("n2");
      cluster.kill("n3");

      Answer ofLeft =
          await()
              .atMost(NOT_READY_AFTER)
              .until(() -> health(left), answer -> answer.text().startsWith("not ready: "));
      assertThat(ofLeft.code()).isEqualTo(ExitCodes.FAILED);
      assertThat(health(left, "--live").text()).startsWith("live");
      Answer ofDead = health(layout.nodes().get(1));
      assertThat(ofDead.code()).isEqualTo(ExitCodes.FAILED);
      assertThat(ofDead.text()).startsWith("no answer from ").endsWith("Connection refused");

      cluster.restart("n2");
      await().atMost(PATIENCE).until(() -> health(left).code() == ExitCodes.OK);
    }
  }

  @Test
  void health_nodeByItsConfiguration_isAskedWhereItListens() throws IOException {
    ClusterLayout layout = ClusterLayout.onFreePorts(directory, 1);
    NodeConfig everywhere =
        layout
            .nodes()
            .get(0)
            .listeningOn("0.0.0.0")
            .allowing(SecurityConfig.DEFAULT.speakingPlainText(PlainText.ANYWHERE));
    ClusterLayout listening = new ClusterLayout(directory, List.of(everywhere));
    listening.write();
    try (LocalCluster cluster = LocalCluster.start(listening)) {
      String file = cluster.layout().configFile("n1").toString();

      await()
          .atMost(PATIENCE)
          .until(() -> new TypedCommand().execute("health", "-c", file) == ExitCodes.OK);
    }
  }

  @Test
  void health_wrongConfiguration_isNoAnswerOfANode() {
    int code = new TypedCommand().execute("health", "-c", directory + "/missing.conf");

    assertThat(code).isEqualTo(ExitCodes.USAGE);
  }
}
