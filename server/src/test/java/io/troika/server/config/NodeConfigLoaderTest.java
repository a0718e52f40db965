package io.troika.server.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.config.NodeConfig.LimitsConfig;
import io.troika.server.config.NodeConfig.RaftConfig;
import io.troika.server.config.NodeConfig.StorageConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodeConfigLoaderTest {
  private static final String MINIMAL =
      """
      node-id = n1
      data-directory = /data
      members {
        n1 { raft = "a:7300", peer = "a:7500", client = "a:7400" }
        n2 { raft = "b:7300", peer = "b:7500", client = "b:7400" }
      }
      """;

  @TempDir Path directory;

  @Test
  void load_minimalFile_hasDefaultsForTheRest() throws IOException {
    NodeConfig config = new NodeConfigLoader().file(file(MINIMAL)).load();

    assertThat(config.nodeId()).isEqualTo("n1");
    assertThat(config.dataDirectory()).isEqualTo(Path.of("/data"));
    assertThat(config.members()).extracting("nodeId").containsExactly("n1", "n2");
    assertThat(config.self().client()).isEqualTo(new HostAndPort("a", 7400));
    assertThat(config.raft()).isEqualTo(RaftConfig.DEFAULT);
    assertThat(config.storage()).isEqualTo(StorageConfig.DEFAULT);
    assertThat(config.limits()).isEqualTo(LimitsConfig.DEFAULT);
  }

  @Test
  void load_sameKeyEverywhere_flagBeforeEnvironmentBeforeFile() throws IOException {
    Path file =
        file(
            MINIMAL
                + "raft { snapshot-entries = 1, preserved-entries = 1, entry-size-max = 1 MiB }");
    Map<String, String> environment =
        Map.of("TROIKA_RAFT_SNAPSHOT_ENTRIES", "2", "TROIKA_RAFT_PRESERVED_ENTRIES", "2");

    NodeConfig config =
        new NodeConfigLoader()
            .file(file)
            .environment(environment)
            .flag("raft.snapshot-entries", "3")
            .load();

    assertThat(config.raft().snapshotEntries()).isEqualTo(3);
    assertThat(config.raft().preservedEntries()).isEqualTo(2);
    assertThat(config.raft().entryBytesMax()).isEqualTo(1 << 20);
  }

  @Test
  void load_environmentAlone_isEnough() {
    Map<String, String> environment =
        Map.of(
            "TROIKA_NODE_ID", "n2",
            "TROIKA_DATA_DIRECTORY", "/d",
            "TROIKA_MEMBERS", "n2 { raft = \"h:1\", peer = \"h:2\", client = \"h:3\" }",
            "TROIKA_LIMITS_VOTE_LEASE", "5 s",
            "TROIKA_RAFT_SNAPSHOT_SIZE", "",
            "TROIKA_ENDPOINTS", "read by others",
            "TROIKA_PORT_7400_TCP_ADDR", "10.0.0.1",
            "PATH", "/bin");

    NodeConfig config = new NodeConfigLoader().environment(environment).load();

    assertThat(config.limits().voteLease()).isEqualTo(Duration.ofSeconds(5));
    assertThat(config.self().raft()).isEqualTo(new HostAndPort("h", 1));
  }

  @Test
  void listen_withAndWithoutListenHost_isTheHostOnTheSamePort() {
    HostAndPort own = new HostAndPort("a", 7300);

    assertThat(NodeConfigLoader.parse(MINIMAL).listen(own)).isEqualTo(own);
    assertThat(NodeConfigLoader.parse(MINIMAL + "listen-host = 0.0.0.0").listen(own))
        .isEqualTo(new HostAndPort("0.0.0.0", 7300));
    assertThat(NodeConfigLoader.parse(MINIMAL + "listen-host = \"[::]\"").listen(own))
        .isEqualTo(new HostAndPort("[::]", 7300));
  }

  @Test
  void load_membersInEnvironment_replaceThoseOfTheFile() throws IOException {
    Map<String, String> environment =
        Map.of("TROIKA_MEMBERS", "{n1:{raft:\"h:1\",peer:\"h:2\",client:\"h:3\"}}");

    NodeConfig config = new NodeConfigLoader().file(file(MINIMAL)).environment(environment).load();

    assertThat(config.members()).hasSize(1);
  }

  @Test
  void load_unknownVariable_namesTheNearest() {
    assertThatThrownBy(
            () -> new NodeConfigLoader().environment(Map.of("TROIKA_NODEID", "n1")).load())
        .isInstanceOf(NodeConfigException.class)
        .hasMessageContaining("TROIKA_NODEID")
        .hasMessageContaining("TROIKA_NODE_ID");
  }

  @Test
  void load_fileThatIsNotThere_saysWhich() {
    Path missing = directory.resolve("missing.conf");
    assertThatThrownBy(() -> new NodeConfigLoader().file(missing).load())
        .isInstanceOf(NodeConfigException.class)
        .hasMessageContaining(missing.toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "raft.entry-sise-max = 1 MiB | key 'raft.entry-sise-max': not known; the nearest known one is 'raft.entry-size-max'",
        "nodeid = n1 | key 'nodeid': not known; the nearest known one is 'node-id'",
        "raft.entry-size-max = 33 MiB | raft.entry-size-max: expected a size from 1 MiB to 32 MiB, found \"33 MiB\"",
        "raft.entry-size-max = lots | raft.entry-size-max: expected a size from 1 MiB to 32 MiB, found \"lots\"",
        "raft.snapshot-entries = 1.5 | raft.snapshot-entries: expected a number from 1 to 1000000000, found 1.5",
        "raft.snapshot-entries = -1 | raft.snapshot-entries: expected a number from 1 to 1000000000, found -1",
        "raft.snapshot-entries = null | raft.snapshot-entries: expected a number from 1 to 1000000000, found null",
        "limits.vote-lease = [1] | limits.vote-lease: expected a duration from 1 s to 1 h, found [1]",
        "limits.vote-lease = 1500500 us | limits.vote-lease: expected a duration from 1 s to 1 h, found \"1500500 us\"",
        "raft = 7 | raft: expected keys in braces, found 7",
        "node-id = n3 | node id 'n3': not one of the members [n1, n2]",
        "node-id = N1 | node id 'N1': expected 1 to 32 characters of a-z, 0-9 and '-'",
        "node-id = {} | node-id: expected the node's id, found {}",
        "data-directory = \"\" | data-directory: expected a directory, found \"\"",
        "members = [] | members: expected an object 'node id { raft, peer, client }' a node, found []",
        "members.n1.zeo = \"a:1\" | key 'members.n1.zeo': not known; the nearest known one is 'peer'",
        "members.n1.raft = \"a\" | members.n1.raft: expected host:port with a port from 1 to 65535, found \"a\"",
        "members.n1.raft = \"a:0\" | members.n1.raft: expected host:port with a port from 1 to 65535, found \"a:0\"",
        "members.n1.raft = null | members.n1.raft: expected host:port with a port from 1 to 65535, found null",
        "members.n3 {} | members.n3.raft: expected host:port, found nothing",
        "members.n2.raft = \"a:7300\" | members.n2.raft: expected an address of its own, found a:7300, which is that of members.n1.raft",
        "raft.election-timeout-max = 400 ms | raft.election-timeout-max: expected a duration from raft.election-timeout-min",
        "security.access = required | security.access: expected open, or tls.certificate, tls.key and tls.authority, found required without them",
        "security.access = maybe | security.access: expected one of open, required, found \"maybe\"",
        "security.administrators = [a] | security.administrators: expected names of certificates, separated by commas, found [\"a\"]",
        "include \"other\" | include 'other': not supported",
        "listen-host = \"0.0.0.0:7300\" | listen-host: expected a name or an address, without a port, found \"0.0.0.0:7300\"",
        "members.n1.raft = \"http://a:7300\" | members.n1.raft: expected host:port with a port from 1 to 65535, found \"http://a:7300\"",
        "tracing.otlp-endpoint = \"http://[a:4318\" | tracing.otlp-endpoint: expected an address such as http://collector.example:4318, found \"http://[a:4318\"",
        "http.listen = 8081 | http.listen: expected host:port, found 8081",
        "backup.directory = b | backup.directory: expected a directory, from the root on, found \"b\"",
        "backup.directory = /data/b | backup.directory: expected a directory outside of",
        "http.listens = 8081 | key 'http.listens': not known; the nearest known one is 'http.listen'",
        "listen-host = [] | listen-host: expected a name or an address, without a port, found []",
        "raft { | not valid HOCON",
      })
  void parse_wrongLine_saysWhatIsExpectedAndFound(String line, String message) {
    assertThatThrownBy(() -> NodeConfigLoader.parse(MINIMAL + line))
        .isInstanceOf(NodeConfigException.class)
        .hasMessageContaining(message);
  }

  /** A quotation mark that was forgotten makes half of a file one value. */
  @Test
  void parse_longValue_isQuotedInPart() {
    assertThatThrownBy(() -> NodeConfigLoader.parse(MINIMAL + "node-id = " + "x".repeat(5_000)))
        .isInstanceOf(NodeConfigException.class)
        .hasMessageStartingWith("node id 'xxx")
        .hasMessageEndingWith("x': expected 1 to 32 characters of a-z, 0-9 and '-'")
        .message()
        .hasSizeLessThan(1_000);
  }

  @Test
  void parse_wrongValue_namesTheLine() {
    assertThatThrownBy(() -> NodeConfigLoader.parse(MINIMAL + "raft.snapshot-entries = x"))
        .hasMessageContaining("text: 7");
  }

  @Test
  void render_anyConfiguration_loadsAsTheSame() {
    NodeConfig config =
        NodeConfigLoader.parse(
            MINIMAL
                + """
                raft { election-timeout-min = 333 ms, entry-size-max = 1500000 }
                data-directory = "/a \\"b\\" #c"
                limits.read-wait = 0 ms
                backup.directory = "/b c"
                http { listen = "127.0.0.1:8081", tls = off }
                listen-host = "[::1]"
                security { plain-text = http, access = required, administrators = "alice, b c" }
                tls { certificate = a, key = b, authority = c }
                """);

    assertThat(NodeConfigLoader.parse(NodeConfigLoader.render(config))).isEqualTo(config);
  }

  @Test
  void reference_shippedFile_isWhatTheTableSays() throws IOException {
    try (InputStream file = NodeConfig.class.getResourceAsStream("/troika-reference.conf")) {
      assertThat(file).isNotNull();
      String text = new String(file.readAllBytes(), UTF_8);
      assertThat(text).isEqualTo(ConfigText.reference());
      assertThat(NodeConfigLoader.parse(text).raft()).isEqualTo(RaftConfig.DEFAULT);
    }
  }

  private Path file(String text) throws IOException {
    return Files.writeString(directory.resolve("troika.conf"), text);
  }
}
