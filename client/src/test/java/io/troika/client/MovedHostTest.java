package io.troika.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.client.fake.FakeCluster;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A machine keeps its name and comes back with another address. Names are looked up in a file,
 * which Java allows only to a process that was started so: hence one of its own.
 */
@Timeout(300)
final class MovedHostTest {
  private static final String NAME = "node.test";
  private static final String BEFORE = "127.0.0.1";
  private static final String AFTER = "127.0.0.2";

  @TempDir private Path directory;

  @Test
  void hostWithAnotherAddress_isFoundByItsName() throws Exception {
    Path names = directory.resolve("hosts");
    Path output = directory.resolve("output");
    Files.writeString(names, BEFORE + " " + NAME + "\n", UTF_8);

    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djdk.net.hosts.file=" + names,
                "-Dsun.net.inetaddr.ttl=0",
                "-Dnetworkaddress.cache.ttl=0",
                "-cp",
                System.getProperty("java.class.path"),
                Application.class.getName(),
                names.toString())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();

    boolean ended = process.waitFor(3, TimeUnit.MINUTES);
    process.destroyForcibly();
    assertThat(ended).isTrue();
    assertThat(Files.readString(output, UTF_8)).endsWith("found again\n");
  }

  /** A client and the only node of its cluster. */
  static final class Application {
    private Application() {}

    /**
     * Works, moves the node, works again.
     *
     * @param args the file of names
     */
    public static void main(String[] args) throws IOException {
      try (FakeCluster cluster = new FakeCluster(1);
          TroikaClient client =
              TroikaClient.builder()
                  .endpoints(cluster.node(0).addressAt(NAME))
                  .callTimeout(Duration.ofSeconds(60))
                  .build()) {
        cluster.hint(
            asked ->
                cluster.truth(asked).toBuilder()
                    .setClientAddress(cluster.node(0).addressAt(NAME))
                    .build());
        client.store("main").info();

        cluster.node(0).kill();
        Files.writeString(Path.of(args[0]), AFTER + " " + NAME + "\n", UTF_8);
        cluster.node(0).restartAt(InetAddress.getByAddress(new byte[] {127, 0, 0, 2}));

        client.store("main").info();
        System.out.println("found again");
      }
    }
  }
}
