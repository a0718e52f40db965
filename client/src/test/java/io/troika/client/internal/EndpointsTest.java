package io.troika.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class EndpointsTest {
  @Test
  void parse_namesAndAddresses_areTakenAsTheyStand() {
    assertThat(Endpoints.parse("n1.example:7400, 10.0.0.2:1,[::1]:65535,[fe80::1%eth0]:7400"))
        .containsExactly("n1.example:7400", "10.0.0.2:1", "[::1]:65535", "[fe80::1%eth0]:7400");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "n1",
        ":7400",
        "n1:",
        "n1:0",
        "n1:65536",
        "n1:port",
        "n1:-1",
        "::1",
        "::1:7400",
        "[::1]",
        "[n1]:7400",
        "http://n1:7400",
        "n1:7400/",
        "n1 n2:7400",
        "user@n1:7400",
      })
  void parse_anythingElse_isRefusedAndNamed(String endpoint) {
    assertThatThrownBy(() -> Endpoints.parse("n1:7400," + endpoint))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("endpoint '" + endpoint + "': expected ");
  }
}
