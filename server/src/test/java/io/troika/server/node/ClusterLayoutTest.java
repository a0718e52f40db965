package io.troika.server.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterLayoutTest {
  @TempDir Path directory;

  @Test
  void onPorts_base_isFollowedByTheClientPorts() {
    ClusterLayout layout = ClusterLayout.onPorts(directory, 3, 7_400);

    assertThat(layout.endpoints()).isEqualTo("127.0.0.1:7401,127.0.0.1:7402,127.0.0.1:7403");
    assertThat(layout.nodes().get(2).self().raft().port()).isEqualTo(7_413);
    assertThat(layout.nodes().get(2).self().peer().port()).isEqualTo(7_423);
    assertThat(layout.httpAddresses()).isEqualTo("127.0.0.1:7441,127.0.0.1:7442,127.0.0.1:7443");
  }

  @Test
  void onPorts_tooHigh_isRefused() {
    assertThatThrownBy(() -> ClusterLayout.onPorts(directory, 3, 65_530))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("65530");
  }

  @Test
  void read_whatWasWritten_isTheSame() throws Exception {
    ClusterLayout layout = ClusterLayout.onFreePorts(directory, 3);
    layout.write();

    assertThat(ClusterLayout.read(directory)).isEqualTo(layout);
  }

  @Test
  void read_emptyDirectory_hasNoNodes() {
    assertThat(ClusterLayout.read(directory).nodes()).isEmpty();
  }
}
