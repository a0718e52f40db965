package io.troika.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.troika.api.v1.ErrorDetail;
import io.troika.client.fake.Errors;
import io.troika.client.fake.FakeCluster;
import io.troika.client.fake.Fault;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The leader does well, but this client does not reach it: a rule of a firewall, a port that is not
 * published. Nobody will be elected in its place; other nodes pass calls on to it.
 */
final class UnreachableLeaderTest {
  private static final Duration CALL_TIMEOUT = Duration.ofMinutes(4);

  private final RecordingListener listener = new RecordingListener();
  private FakeCluster cluster;
  private TroikaClient client;
  private ObjectStore store;

  @BeforeEach
  void start() throws IOException {
    cluster = new FakeCluster(3);
    client =
        TroikaClient.builder()
            .endpoints(cluster.endpoints())
            .callTimeout(CALL_TIMEOUT)
            .tryTimeout(Duration.ofMinutes(2))
            .hedgeDelay(Duration.ofMillis(100))
            .listener(listener)
            .build();
    store = client.store("main");
    create();
  }

  @AfterEach
  void stop() {
    client.close();
    cluster.close();
    assertThat(listener.open).isEmpty();
    assertThat(listener.unpaired).hasValue(0);
  }

  private Oid create() {
    return store.run(tx -> tx.create("x", Codec.UTF8));
  }

  private boolean isDoneBy(int node) {
    int before = cluster.calls("Commit@" + node);
    create();
    return cluster.calls("Commit@" + node) > before;
  }

  @Test
  void commit_connectionsToTheLeaderAreRefused_isPassedOnByAnother() {
    cluster.node(0).kill();

    Oid oid = create();

    try (ReadView view = store.view()) {
      assertThat(view.find(oid)).isPresent();
    }
    assertThat(client.leader().address()).isEqualTo(cluster.node(0).address());
  }

  @Test
  void commit_leaderIsABlackHole_isPassedOnByAnother() {
    cluster.node(0).hang();

    create();

    assertThat(client.leader().address()).isEqualTo(cluster.node(0).address());
    assertThat(listener.retries).anyMatch(retry -> retry.contains("passes calls on to"));
  }

  @Test
  void commit_leaderIsReachedAgain_goesThereItself() throws IOException {
    cluster.node(0).kill();
    create();
    assertThat(isDoneBy(0)).isFalse();

    cluster.node(0).restart();

    await().until(() -> isDoneBy(0));
  }

  @Test
  void commit_nodeThatPassesOnDies_goesToTheThird() {
    cluster.node(0).kill();
    create();
    int through = isDoneBy(1) ? 1 : 2;
    cluster.node(through).kill();

    assertThat(isDoneBy(3 - through)).isTrue();
  }

  @Test
  void commit_oneOfTheOthersPassesNothingOn_goesToTheThird() {
    cluster.node(0).kill();
    cluster.node(1).passNothingOn();

    assertThat(isDoneBy(2)).isTrue();
  }

  /** A node that upholds the leader twice before the third does so once is taken again. */
  @Test
  void commit_nodeThatPassesOnGetsNoAnswer_goesToTheThird() {
    cluster.node(0).kill();
    create();
    int through = isDoneBy(1) ? 1 : 2;

    await()
        .until(
            () -> {
              cluster.failNext(
                  "Commit",
                  new Fault.Refusal(Errors.of(ErrorDetail.Code.OUTCOME_UNKNOWN, "no answer")));
              return isDoneBy(3 - through);
            });
  }

  @Test
  void commit_anotherIsElected_goesThereItself() {
    cluster.node(0).kill();
    create();

    cluster.elect(2);

    await().until(() -> isDoneBy(2));
    assertThat(client.leader().address()).isEqualTo(cluster.node(2).address());
  }

  @Test
  void admin_connectionsToTheLeaderAreRefused_isPassedOn() {
    cluster.node(0).kill();

    assertThat(client.admin().createStorage("other").name()).isEqualTo("other");
  }

  @Test
  void commit_nobodyPassesOn_saysWhatEachSaid() {
    cluster.node(0).kill();
    cluster.node(1).passNothingOn();
    cluster.node(2).passNothingOn();
    client.close();
    client =
        TroikaClient.builder()
            .endpoints(cluster.endpoints())
            .callTimeout(Duration.ofSeconds(5))
            .listener(listener)
            .build();
    store = client.store("main");

    assertThatThrownBy(this::create)
        .isInstanceOf(UnavailableException.class)
        .hasMessageContaining("NOT_LEADER");
  }
}
