package io.troika.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.api.v1.ErrorDetail;
import io.troika.client.fake.Errors;
import io.troika.client.fake.FakeCluster;
import io.troika.client.fake.Fault;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How often calls are sent again, for how long, and what is said when that did not help. */
final class RetryTest {
  private static final Duration CALL_TIMEOUT = Duration.ofMillis(400);

  private FakeCluster cluster;

  @BeforeEach
  void start() throws IOException {
    cluster = new FakeCluster(3);
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  private TroikaClient.Builder builder() {
    return TroikaClient.builder()
        .endpoints(cluster.endpoints())
        .callTimeout(CALL_TIMEOUT)
        .tryTimeout(Duration.ofMillis(200))
        .hedgeDelay(Duration.ofMillis(50));
  }

  @Test
  void message_noNodeReachable_namesEachAddressOnceWithTheReason() {
    cluster.close();
    try (TroikaClient client = builder().build()) {
      assertThatThrownBy(() -> client.admin().status())
          .isInstanceOf(UnavailableException.class)
          .message()
          .matches("GetClusterStatus: no answer within 400 ms, \\d+ tries \\(.*\\)")
          .contains(
              cluster.node(0).address() + ": connection refused",
              cluster.node(1).address() + ": connection refused",
              cluster.node(2).address() + ": connection refused")
          .satisfies(text -> assertThat(text.split("refused", -1)).hasSize(4));
    }
  }

  @Test
  void message_noLeader_saysWhatEachNodeSaid() {
    try (TroikaClient warm = TroikaClient.connect(cluster.endpoints())) {
      warm.store("main").view().close();
    }
    cluster.elect(-1);
    cluster.node(2).kill();
    try (TroikaClient client = builder().build()) {
      assertThatThrownBy(() -> client.store("main").view())
          .isInstanceOf(UnavailableException.class)
          .hasMessage(
              "Begin: no answer within 400 ms, 0 tries (no leader was found; %s: knows no leader;"
                  + " %s: knows no leader; %s: connection refused)",
              cluster.node(0).address(), cluster.node(1).address(), cluster.node(2).address());
    }
  }

  @Test
  void message_overloadedTillTheEnd_countsAndKeepsTheLastWord() {
    for (int i = 0; i < 100; i++) {
      cluster.failNext(
          "Begin", new Fault.Refusal(Errors.of(ErrorDetail.Code.OVERLOADED, "queue full")));
    }
    try (TroikaClient client = builder().build()) {
      assertThatThrownBy(() -> client.store("main").view())
          .isInstanceOf(UnavailableException.class)
          .hasMessageMatching(
              "Begin: no answer within 400 ms, \\d+ tries \\(.*: OVERLOADED: queue full,"
                  + " \\d+ times.*\\)")
          .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
    }
  }
}
