package io.troika.server.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.config.HostAndPort;
import io.troika.server.config.NodeConfig;
import io.troika.server.config.NodeConfig.MemberConfig;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node that others know at another address than it listens on, as one in a container. */
final class ListenHostTest {
  private static final int CONNECT_MILLIS_MAX = (int) Duration.ofSeconds(60).toMillis();

  @TempDir Path directory;

  @Test
  void start_withListenHost_listensThereAndNotOnTheHostOfItsMemberEntry() throws IOException {
    NodeConfig usual = ClusterLayout.onFreePorts(directory, 1).nodes().get(0);
    MemberConfig self = usual.self();
    try (Node node = Node.start(usual.listeningOn("127.0.0.2"))) {
      for (HostAndPort known : List.of(self.raft(), self.peer(), self.client())) {
        connect(node.config().listen(known));
        assertThatThrownBy(() -> connect(known)).isInstanceOf(ConnectException.class);
      }
      assertThat(node.config().self()).isEqualTo(self);
    }
  }

  private static void connect(HostAndPort address) throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(address.toSocketAddress(), CONNECT_MILLIS_MAX);
    }
  }
}
