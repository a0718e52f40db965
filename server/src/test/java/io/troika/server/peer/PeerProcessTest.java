package io.troika.server.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.server.config.HostAndPort;
import io.troika.server.tls.NodeTls;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the operating system tells of a peer's process that is killed, and of one that is paused.
 */
@Timeout(300)
class PeerProcessTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir Path directory;
  private final List<String> lost = new CopyOnWriteArrayList<>();
  private Process peer;
  private GrpcPeerTransport transport;

  /** The peer's process: prints its port and listens until it is ended or its input is closed. */
  static final class Main {
    private Main() {}

    public static void main(String[] arguments) throws IOException {
      try (PeerNode node = PeerNode.start("n2", Path.of(arguments[0]), PeerNode.QUICK)) {
        System.out.println("port " + node.address().port());
        while (System.in.read() >= 0) {
          // Nothing is ever said: the end is what is waited for.
        }
      }
    }
  }

  @BeforeEach
  void start() throws IOException {
    peer =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                directory.toString())
            .redirectErrorStream(true)
            .start();
    transport = new GrpcPeerTransport("n1", Map.of(), PeerNode.QUICK, NodeTls.NONE);
    transport.onConnectionLost(lost::add);
    transport.setPeers(Map.of("n2", new HostAndPort("127.0.0.1", portOf(peer))));
    await().atMost(SOON).until(() -> transport.isConnected("n2"));
  }

  private static int portOf(Process process) throws IOException {
    BufferedReader output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.startsWith("port ")) {
        return Integer.parseInt(line.substring("port ".length()));
      }
    }
    throw new IOException("the peer's process ended before it listened");
  }

  @AfterEach
  void stop() throws InterruptedException {
    transport.close();
    peer.destroyForcibly();
    peer.waitFor(60, TimeUnit.SECONDS);
  }

  @Test
  void kill_peer_isReportedAndRefuses() {
    peer.destroyForcibly();
    await().atMost(SOON).until(() -> !lost.isEmpty());
    assertThat(lost).containsExactly("n2");
    await()
        .atMost(SOON)
        .until(() -> transport.probeDead("n2", SOON).get(SOON.toSeconds(), TimeUnit.SECONDS));
  }

  @Test
  void pause_peer_isNeitherLostNorDeadButAnswersNothing() throws Exception {
    signal("STOP");
    assertThat(transport.state("n2", Duration.ofMillis(300))).failsWithin(SOON);
    assertThat(transport.probeDead("n2", Duration.ofSeconds(1)))
        .succeedsWithin(SOON)
        .isEqualTo(false);
    assertThat(lost).isEmpty();
    signal("CONT");
    assertThat(transport.state("n2", SOON)).succeedsWithin(SOON);
  }

  private void signal(String name) throws IOException, InterruptedException {
    Process kill =
        new ProcessBuilder("kill", "-" + name, Long.toString(peer.pid())).inheritIO().start();
    assertThat(kill.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(kill.exitValue()).isZero();
  }
}
