package io.troika.server.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.client.Codec;
import io.troika.client.TroikaClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What monitoring hears of a whole node. */
@Timeout(120)
final class HttpOfNodeTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path directory;

  private static HttpResponse<String> get(ClusterLayout layout, String path)
      throws IOException, InterruptedException {
    URI uri = URI.create("http://" + layout.httpAddresses() + path);
    HttpRequest request = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(20)).build();
    return HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
  }

  @Test
  void http_ofARunningNode_tellsHealthAndWhatWasCommitted()
      throws IOException, InterruptedException {
    ClusterLayout layout = ClusterLayout.onFreePorts(directory, 1);
    try (LocalCluster cluster = LocalCluster.start(layout);
        TroikaClient client = TroikaClient.connect(layout.endpoints())) {
      await().atMost(PATIENCE).until(() -> get(layout, "/readyz").statusCode() == 200);
      WholeCluster.awaitIt(client, PATIENCE);
      var unused = client.store("main").run(tx -> tx.create("a", Codec.UTF8));

      assertThat(get(layout, "/livez").statusCode()).isEqualTo(200);
      assertThat(get(layout, "/readyz?verbose").body()).contains("[+] majority");
      assertThat(get(layout, "/metrics").body())
          .contains("troika_transactions_total{result=\"committed\"} 1.0")
          .contains("troika_raft_leader 1.0")
          .contains("troika_storage_objects{storage=\"main\"} 1.0")
          .doesNotContain("troika_rocksdb_memory_bytes 0.0");
      assertThat(cluster.nodes()).hasSize(1);
    }
  }
}
