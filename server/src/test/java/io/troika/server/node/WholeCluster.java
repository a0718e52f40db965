package io.troika.server.node;

import static org.awaitility.Awaitility.await;

import io.troika.client.ClusterStatus;
import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import java.time.Duration;

/** Waits for a cluster as an operator would: by its status. */
final class WholeCluster {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private WholeCluster() {}

  /** A client for what must be answered in the end, on a busy machine too. */
  static TroikaClient connect(String endpoints) {
    return TroikaClient.builder()
        .endpoints(endpoints)
        .callTimeout(PATIENCE)
        .runTimeout(PATIENCE)
        .build();
  }

  /** A leader is known, storage main is there, all nodes answer and have applied all. */
  static void awaitIt(TroikaClient client, Duration patience) {
    await()
        .atMost(patience)
        .ignoreExceptionsInstanceOf(TroikaException.class)
        .until(() -> isWhole(client.admin().status()));
  }

  /** The node that leads, once the node that is asked knows of one. */
  static String leader(TroikaClient client) {
    return await()
        .atMost(PATIENCE)
        .until(() -> client.admin().status().leader().nodeId(), id -> !id.isEmpty());
  }

  private static boolean isWhole(ClusterStatus status) {
    return status.leader().isKnown()
        && status.storages().size() == 1
        && status.nodes().stream().allMatch(node -> node.reachable() && node.lagEntries() == 0);
  }
}
