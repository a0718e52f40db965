package io.troika.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import org.junit.jupiter.api.Test;

class FreePortsTest {
  private static final int CONNECTIONS_FROM = 32_768;

  @Test
  void take_areDifferent_andNoneThatAConnectionMayGet() throws IOException {
    List<Integer> ports = FreePorts.take(300);
    assertThat(ports).hasSize(300).doesNotHaveDuplicates();
    assertThat(ports).allMatch(port -> port >= 10_000 && port < CONNECTIONS_FROM);
    assertThat(FreePorts.take(300)).doesNotContainAnyElementsOf(ports);
  }

  @Test
  void take_leavesOutWhatIsListenedOn() throws IOException {
    int last = FreePorts.take(1).get(0);
    int following = last == CONNECTIONS_FROM - 769 ? 10_000 : last + 1;
    try (ServerSocket taken = new ServerSocket(following, 1, InetAddress.getLoopbackAddress())) {
      assertThat(FreePorts.take(5)).doesNotContain(taken.getLocalPort());
    }
  }

  @Test
  void take_moreThanThereAre_saysSo() {
    assertThatThrownBy(() -> FreePorts.take(22_001))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("expected 22001");
  }
}
