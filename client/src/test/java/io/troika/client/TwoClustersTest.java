package io.troika.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.troika.client.fake.FakeCluster;
import java.io.IOException;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A client is one of one cluster: it says so when its addresses lead to two. */
@Timeout(300)
final class TwoClustersTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final UUID ONE = new UUID(1, 1);
  private static final UUID TWO = new UUID(2, 2);

  private FakeCluster one;
  private FakeCluster two;

  @BeforeEach
  void start() throws IOException {
    one = new FakeCluster(2);
    two = new FakeCluster(1);
    one.clusterId(ONE);
    two.clusterId(TWO);
  }

  @AfterEach
  void stop() {
    one.close();
    two.close();
  }

  private static TroikaClient connect(String endpoints) {
    return TroikaClient.builder().endpoints(endpoints).callTimeout(PATIENCE).build();
  }

  private static void use(TroikaClient client) {
    var unused = client.store("main").run(tx -> tx.create("x", Codec.UTF8));
  }

  /** Calls that are made before it is known may end in any way. */
  private static Throwable refusal(TroikaClient client) {
    return await()
        .atMost(PATIENCE)
        .until(
            () -> catchThrowable(() -> use(client)), DifferentClusterException.class::isInstance);
  }

  @Test
  void call_addressesOfTwoClusters_isRefusedAndNamesBoth() {
    try (TroikaClient client = connect(one.endpoints() + "," + two.endpoints())) {
      assertThat(refusal(client))
          .hasMessageContaining(two.node(0).address())
          .hasMessageContaining(ONE.toString())
          .hasMessageContaining(TWO.toString())
          .hasMessageContaining("expected addresses of one cluster");
      int commits = one.calls("Commit") + two.calls("Commit");

      assertThatThrownBy(() -> client.admin().status())
          .isInstanceOf(DifferentClusterException.class);
      assertThatThrownBy(() -> use(client)).isInstanceOf(DifferentClusterException.class);
      assertThat(one.calls("Commit") + two.calls("Commit")).isEqualTo(commits);
    }
  }

  @Test
  void call_clusterMadeAnewAtTheSameAddress_isToldAndNotTriedOn() {
    try (TroikaClient client = connect(one.endpoints())) {
      use(client);
      one.clusterId(TWO);
      one.elect(-1); // nobody leads, so the client asks

      // The node that the client has never asked may be the first to tell.
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(refusal(client))
                      .hasMessageContaining("led to cluster " + ONE)
                      .hasMessageContaining("leads to cluster " + TWO)
                      .hasMessageContaining("made anew"));
    }
  }

  /** An address that was given away for a while: nobody has to start the program again. */
  @Test
  void call_addressLeadsToItsClusterAgain_isAnswered() {
    try (TroikaClient client = connect(one.endpoints())) {
      use(client);
      one.clusterId(TWO);
      one.elect(-1);
      assertThat(refusal(client)).isNotNull();

      one.clusterId(ONE);
      one.elect(0);

      await()
          .atMost(PATIENCE)
          .ignoreExceptionsInstanceOf(DifferentClusterException.class)
          .untilAsserted(() -> use(client));
    }
  }

  @Test
  void call_nodesThatKnowNoCluster_areUsed() throws IOException {
    try (FakeCluster old = new FakeCluster(2);
        TroikaClient client = connect(old.endpoints())) {
      use(client);
      use(client);
    }
  }
}
