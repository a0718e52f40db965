package io.troika.server.config;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PlainTextPortsTest {
  private static final String LOOPBACK =
      """
      node-id = n1
      data-directory = /data
      members.n1 { raft = "127.0.0.1:7300", peer = "localhost:7500", client = "[::1]:7400" }
      members.n2 { raft = "b:7300", peer = "b:7500", client = "b:7400" }
      zeo.listen = "127.0.0.1:8100"
      http.listen = "127.0.0.1:8081"
      """;
  private static final String TLS = "tls { certificate = a, key = b, authority = c }\n";

  /** Other members' addresses are theirs to secure. */
  @Test
  void ownPortsOnLoopback_areAllowed() {
    assertThatCode(() -> check(LOOPBACK)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "members.n1.raft = \"a:7300\" | members.n1.raft: expected TLS, as a:7300 is not on loopback",
        "members.n1.peer = \"10.0.0.1:7500\" | members.n1.peer: expected TLS, as 10.0.0.1:7500",
        "members.n1.client = \"127.example:74\" | members.n1.client: expected TLS, as 127.example:74",
        "listen-host = 0.0.0.0 | members.n1.raft: expected TLS, as 0.0.0.0:7300",
        "zeo.listen = \"[::]:8100\" | zeo.listen: expected TLS, as [::]:8100",
        "http.listen = \"0.0.0.0:8081\" | http.listen: expected TLS, as 0.0.0.0:8081 is not on loopback",
      })
  void eachPortElsewhere_inPlainText_isRefusedByNameAndAddress(String line, String message) {
    assertThatThrownBy(() -> check(LOOPBACK + line))
        .isInstanceOf(NodeConfigException.class)
        .hasMessageContaining(message)
        .hasMessageContaining("security.plain-text");
    assertThatCode(() -> check(LOOPBACK + line + "\nsecurity.plain-text = anywhere"))
        .doesNotThrowAnyException();
  }

  @Test
  void listenHostOnLoopback_countsInPlaceOfTheNodesOwnAddress() {
    assertThatCode(
            () -> check(LOOPBACK + "members.n1.raft = \"a:7300\"\nlisten-host = \"127.0.0.1\""))
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "listen-host = 0.0.0.0",
        "zeo.listen = \"0.0.0.0:8100\"",
        "http.listen = \"0.0.0.0:8081\""
      })
  void certificates_allowEveryPort(String line) {
    assertThatCode(() -> check(LOOPBACK + TLS + line)).doesNotThrowAnyException();
  }

  @Test
  void certificates_notUsedForHttp_allowThatPortOnLoopbackOnly() {
    String off = LOOPBACK + TLS + "http.tls = off\n";

    assertThatCode(() -> check(off)).doesNotThrowAnyException();
    assertThatThrownBy(() -> check(off + "http.listen = \"a:8081\""))
        .hasMessageContaining("http.listen: expected TLS")
        .hasMessageContaining("http.tls = on");
    assertThatCode(() -> check(off + "http.listen = \"a:8081\"\nsecurity.plain-text = http\n"))
        .doesNotThrowAnyException();
  }

  @Test
  void plainTextOnHttp_allowsThatPortAlone() {
    String http = LOOPBACK + "http.listen = \"a:8081\"\nsecurity.plain-text = http\n";

    assertThatCode(() -> check(http)).doesNotThrowAnyException();
    assertThatThrownBy(() -> check(http + "zeo.listen = \"a:8100\""))
        .hasMessageContaining("zeo.listen");
  }

  private static void check(String text) {
    PlainTextPorts.requireAllowed(NodeConfigLoader.parse(text));
  }
}
