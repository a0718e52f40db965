package io.troika.server.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import io.troika.client.ClusterStatus;
import io.troika.client.Codec;
import io.troika.client.DifferentClusterException;
import io.troika.client.TroikaClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clusters have ids, and a client does not mix them. */
@Timeout(600)
final class TwoClustersOfNodesTest {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  @TempDir Path directory;

  private LocalCluster start(String name, int size) throws IOException {
    return LocalCluster.start(ClusterLayout.onFreePorts(directory.resolve(name), size));
  }

  private static ClusterStatus whole(String endpoints) {
    try (TroikaClient client = TroikaClient.connect(endpoints)) {
      WholeCluster.awaitIt(client, PATIENCE);
      return client.admin().status();
    }
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
  void endpoints_ofTwoClusters_areRefusedWithTheIdsThatTheirStatusTells() throws IOException {
    try (LocalCluster one = start("one", 3);
        LocalCluster two = start("two", 1)) {
      ClusterStatus first = whole(one.layout().endpoints());
      ClusterStatus second = whole(two.layout().endpoints());
      assertThat(first.clusterId()).hasSize(36).isNotEqualTo(second.clusterId());
      List<String> ids =
          first.nodes().stream()
              .map(
                  node -> {
                    try (TroikaClient client = TroikaClient.connect(node.address())) {
                      return client.admin().statusOf(node.address()).clusterId();
                    }
                  })
              .toList();
      assertThat(ids).hasSize(3).containsOnly(first.clusterId());

      try (TroikaClient mixed =
          TroikaClient.connect(one.layout().endpoints() + "," + two.layout().endpoints())) {
        assertThat(refusal(mixed))
            .hasMessageContaining(first.clusterId())
            .hasMessageContaining(second.clusterId())
            .hasMessageContaining(two.layout().endpoints());
      }
    }
  }

  /** Its log begins again, so its terms are older than those that the client knows. */
  @Test
  void cluster_madeAnewAtTheSameAddress_isToldToAClientOfTheOldOne() throws IOException {
    ClusterLayout layout = ClusterLayout.onFreePorts(directory.resolve("old"), 1);
    LocalCluster old = LocalCluster.start(layout);
    try (TroikaClient client = TroikaClient.connect(layout.endpoints())) {
      ClusterStatus before = whole(layout.endpoints());
      use(client);
      old.close();

      MoreFiles.deleteRecursively(
          layout.nodes().get(0).dataDirectory(), RecursiveDeleteOption.ALLOW_INSECURE);
      try (LocalCluster made = LocalCluster.start(layout)) {
        ClusterStatus after = whole(made.layout().endpoints());
        assertThat(refusal(client))
            .hasMessageContaining("led to cluster " + before.clusterId())
            .hasMessageContaining("leads to cluster " + after.clusterId())
            .hasMessageContaining("made anew");
        try (TroikaClient another = TroikaClient.connect(made.layout().endpoints())) {
          use(another);
        }
      }
    } finally {
      old.close();
    }
  }
}
