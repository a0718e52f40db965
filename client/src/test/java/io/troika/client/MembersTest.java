package io.troika.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.client.fake.FakeCluster;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A client follows who belongs to the group; what it was configured with it never forgets. */
final class MembersTest {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private final RecordingListener listener = new RecordingListener();
  private FakeCluster cluster;

  @BeforeEach
  void start() throws IOException {
    cluster = new FakeCluster(4);
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  private TroikaClient client(int... seeds) {
    TroikaClient.Builder builder =
        TroikaClient.builder()
            .readPreference(ReadPreference.ANY)
            .freshness(Freshness.SESSION)
            .callTimeout(Duration.ofSeconds(60))
            .hedgeDelay(Duration.ofMillis(50))
            .listener(listener);
    for (int seed : seeds) {
      builder.endpoints(address(seed));
    }
    return builder.build();
  }

  private String address(int node) {
    return cluster.node(node).address();
  }

  private void members(long index, int... nodes) {
    Map<String, String> members = new TreeMap<>();
    for (int node : nodes) {
      members.put("n" + node, address(node));
    }
    cluster.members(index, members);
  }

  private List<String> addresses(int... nodes) {
    return Arrays.stream(nodes).mapToObj(this::address).toList();
  }

  private void awaitNodes(TroikaClient client, List<String> expected) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              use(client);
              assertThat(listener.nodes).isNotEmpty();
              assertThat(listener.nodes.get(listener.nodes.size() - 1))
                  .containsExactlyInAnyOrderElementsOf(expected);
            });
  }

  /** One call for the leader and one for any node. */
  private static void use(TroikaClient client) {
    var unused = client.store("main").run(tx -> tx.create("x", Codec.UTF8));
    var unusedInfo = client.store("main").info();
  }

  /** How many calls for any node came to this one. */
  private int reads(int node) {
    return cluster.calls("GetStorage", node);
  }

  private static void useOften(TroikaClient client) {
    for (int i = 0; i < 12; i++) {
      use(client);
    }
  }

  /** Then all nodes that the client knows are asked at once. */
  private void searchForALeader(TroikaClient client) {
    int asked = cluster.calls("FindLeader", 0);
    cluster.elect(-1);
    CompletableFuture<Oid> created =
        client.store("main").runAsync(tx -> tx.createAsync(Bytes.EMPTY));
    await().atMost(PATIENCE).until(() -> cluster.calls("FindLeader", 0) > asked);
    cluster.elect(0);
    assertThat(created).succeedsWithin(PATIENCE);
  }

  @Test
  void membersNotConfigured_areLearned_andUsed() {
    members(1, 0, 1, 2);
    try (TroikaClient client = client(0)) {
      awaitNodes(client, addresses(0, 1, 2));

      useOften(client);

      assertThat(reads(1)).isPositive();
      assertThat(reads(2)).isPositive();
      assertThat(reads(3)).isZero();
    }
  }

  @Test
  void learnedNodeRemoved_isForgotten() {
    members(1, 0, 1, 2);
    try (TroikaClient client = client(0)) {
      awaitNodes(client, addresses(0, 1, 2));

      members(2, 0, 1, 3);
      cluster.node(2).hang();
      awaitNodes(client, addresses(0, 1, 3));
      useOften(client); // by then all has arrived that was sent to the node before
      int before = reads(2);
      int asked = cluster.calls("FindLeader", 2);
      useOften(client);
      searchForALeader(client);

      assertThat(reads(2)).isEqualTo(before);
      assertThat(cluster.calls("FindLeader", 2)).isEqualTo(asked);
      assertThat(reads(3)).isPositive();
    }
  }

  @Test
  void configuredNodeRemoved_costsCallsNothing_butIsAskedAgainWhenItIsAMember() {
    members(1, 0, 1, 2);
    try (TroikaClient client = client(0, 1, 2)) {
      use(client);

      members(2, 0, 1, 3);
      cluster.node(2).hang();
      awaitNodes(client, addresses(0, 1, 3));
      useOften(client); // by then all has arrived that was sent to the node before
      int before = reads(2);
      useOften(client);
      assertThat(reads(2)).isEqualTo(before);

      cluster.node(2).wake();
      members(3, 0, 1, 2);
      cluster.node(3).kill();
      awaitNodes(client, addresses(0, 1, 2));
    }
  }

  @Test
  void memberWithAnotherAddress_isFollowed() {
    members(1, 0, 1, 2);
    try (TroikaClient client = client(0, 1, 2)) {
      use(client);

      cluster.node(2).kill();
      cluster.node(3).answerAs("n2");
      cluster.members(2, Map.of("n0", address(0), "n1", address(1), "n2", address(3)));

      awaitNodes(client, addresses(0, 1, 3));
    }
  }

  @Test
  void allMembersLearnedDie_configuredOneIsAskedStill() throws IOException {
    members(1, 1, 2, 3);
    cluster.elect(1);
    try (TroikaClient client = client(0)) {
      awaitNodes(client, addresses(1, 2, 3));
      for (int node = 1; node <= 3; node++) {
        cluster.node(node).kill();
      }
      // As when all the others came from this one: a new group under the old name.
      members(2, 0);
      cluster.elect(0);

      awaitNodes(client, addresses(0));
    }
  }

  @Test
  void olderList_changesNothing() {
    members(5, 0, 1, 2);
    try (TroikaClient client = client(0)) {
      awaitNodes(client, addresses(0, 1, 2));
      int told = listener.nodes.size();

      members(4, 0);
      cluster.node(2).kill();
      int asked = cluster.calls("FindLeader", 0);
      await()
          .atMost(PATIENCE)
          .until(
              () -> {
                use(client);
                return cluster.calls("FindLeader", 0) > asked + 1;
              });

      assertThat(listener.nodes).hasSize(told);
    }
  }

  @Test
  void addressAtWhichAnotherNodeAnswers_isNotUsed() {
    cluster.members(1, Map.of("n0", address(0), "n1", address(1), "n2", address(3)));
    try (TroikaClient client = client(0)) {
      awaitNodes(client, addresses(0, 1));
      await()
          .atMost(PATIENCE)
          .until(
              () -> {
                use(client);
                return cluster.calls("FindLeader", 3) > 0;
              });

      useOften(client);

      assertThat(reads(3)).isZero();
    }
  }
}
