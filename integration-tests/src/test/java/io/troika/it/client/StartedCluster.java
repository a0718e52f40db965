package io.troika.it.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import io.troika.it.cluster.PatientClient;
import io.troika.server.node.LocalCluster;

/** A cluster that was just started creates its first storage by itself, soon. */
final class StartedCluster {
  private StartedCluster() {}

  static void awaitMain(LocalCluster cluster) {
    try (TroikaClient client = PatientClient.connect(cluster.layout().endpoints())) {
      await()
          .ignoreExceptionsInstanceOf(TroikaException.class)
          .untilAsserted(() -> assertThat(client.store("main").info().name()).isEqualTo("main"));
    }
  }
}
