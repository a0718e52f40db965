package io.troika.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.node.ClusterLayout;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SharedSettingsTest {
  private static final Path DIRECTORY = Path.of("unused");

  @Test
  void of_nodesOfOneCluster_areTheSame() {
    List<NodeConfig> nodes = ClusterLayout.onPorts(DIRECTORY, 3, 20_000).nodes();

    assertThat(SharedSettings.of(nodes.get(0)))
        .isEqualTo(SharedSettings.of(nodes.get(1)))
        .containsKeys("tls", "raft.election-timeout-min", "limits.vote-lease");
  }

  /** Its file names one more, and says that it is to join; those of the others are as they were. */
  @Test
  void of_nodeThatWasAddedLater_areTheSame() {
    NodeConfig before = ClusterLayout.onPorts(DIRECTORY, 3, 20_000).nodes().get(0);
    NodeConfig added = ClusterLayout.onPorts(DIRECTORY, 4, 20_000).nodes().get(3).joining();

    assertThat(SharedSettings.of(added)).isEqualTo(SharedSettings.of(before));
    assertThat(SharedSettings.withMembers(added))
        .containsAllEntriesOf(SharedSettings.of(before))
        .containsEntry(
            "members",
            "n1=127.0.0.1:20001, n2=127.0.0.1:20002, n3=127.0.0.1:20003, n4=127.0.0.1:20004");
  }
}
