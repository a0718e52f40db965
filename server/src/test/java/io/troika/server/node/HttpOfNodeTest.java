package io.troika.server.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.troika.client.Codec;
import io.troika.client.TroikaClient;
import io.troika.client.Watch;
import io.troika.server.config.NodeConfig;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What monitoring hears of a whole node. */
@Timeout(600)
final class HttpOfNodeTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir Path directory;

  private static HttpResponse<String> get(ClusterLayout layout, String path)
      throws IOException, InterruptedException {
    return get(layout.httpAddresses(), path);
  }

  private static HttpResponse<String> get(String address, String path)
      throws IOException, InterruptedException {
    URI uri = URI.create("http://" + address + path);
    HttpRequest request = HttpRequest.newBuilder(uri).timeout(PATIENCE).build();
    return HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
  }

  @Test
  void http_ofARunningNode_tellsHealthAndWhatWasCommitted()
      throws IOException, InterruptedException {
    ClusterLayout layout = ClusterLayout.onFreePorts(directory, 1);
    try (LocalCluster cluster = LocalCluster.start(layout);
        TroikaClient client = WholeCluster.connect(layout.endpoints())) {
      await().atMost(PATIENCE).until(() -> get(layout, "/readyz").statusCode() == 200);
      WholeCluster.awaitIt(client, PATIENCE);
      var unused = client.store("main").run(tx -> tx.create("a", Codec.UTF8));

      assertThat(get(layout, "/livez").statusCode()).isEqualTo(200);
      assertThat(get(layout, "/readyz?verbose").body()).contains("[+] majority");
      assertThat(get(layout, "/metrics").body())
          .contains("troika_transactions_total{result=\"committed\"} 1.0")
          .contains("troika_raft_leader{group=\"g0\"} 1.0")
          .contains("troika_storage_objects{storage=\"main\"} 1.0")
          .doesNotContain("troika_rocksdb_memory_bytes 0.0")
          .doesNotContain("troika_rocksdb_memtable_bytes 0.0")
          .doesNotContain("troika_raft_log_syncs_total 0.0")
          .doesNotContain("troika_raft_log_sync_seconds{quantile=\"1\"} 0.0\n");
      assertThat(get(layout, "/status.json").headers().firstValue("content-type"))
          .contains("application/json");
      assertThat(cluster.nodes()).hasSize(1);
    }
  }

  @Test
  void statusPage_itsFiles_areThereAndNameNothingElsewhere()
      throws IOException, InterruptedException {
    ClusterLayout layout = ClusterLayout.onFreePorts(directory, 1);
    try (LocalCluster cluster = LocalCluster.start(layout)) {
      HttpResponse<String> page = get(layout, "/");
      assertThat(page.headers().firstValue("content-type")).contains("text/html; charset=utf-8");
      assertThat(page.body())
          .doesNotContain("style=", "onclick=")
          .doesNotContainPattern("<script>");
      List<String> linked =
          Pattern.compile("(?:href|src)=\"([^\"]*)\"")
              .matcher(page.body())
              .results()
              .map(found -> found.group(1))
              .toList();
      assertThat(linked).contains("/status.css", "/status.js", "/icon.svg", "/metrics");
      for (String path : linked) {
        assertThat(path).startsWith("/").doesNotStartWith("//");
        assertThat(get(layout, path).statusCode()).as(path).isIn(200, 503);
      }
      assertThat(cluster.nodes()).hasSize(1);
    }
  }

  @Test
  void statusJson_ofThreeNodes_knowsWhatTheOthersSayAndWhoIsConnected()
      throws IOException, InterruptedException {
    ClusterLayout layout = ClusterLayout.onFreePorts(directory, 3);
    try (LocalCluster cluster = LocalCluster.start(layout);
        TroikaClient client = WholeCluster.connect(layout.endpoints());
        Watch watch = watchOnceWhole(client)) {
      var unused = client.store("main").run(tx -> tx.create("a", Codec.UTF8));
      assertThat(watch).isNotNull();
      for (NodeConfig node : layout.nodes()) {
        String address = String.valueOf(node.httpListen());
        await()
            .atMost(PATIENCE)
            .ignoreExceptions()
            .untilAsserted(
                () -> {
                  JsonObject status =
                      JsonParser.parseString(get(address, "/status.json").body()).getAsJsonObject();
                  assertThat(status.getAsJsonArray("nodes"))
                      .hasSize(3)
                      .allMatch(each -> each.getAsJsonObject().get("ready").getAsBoolean());
                  // The client listens at one of them, and all know of it.
                  assertThat(status.getAsJsonObject("clients").getAsJsonArray("shown"))
                      .anyMatch(each -> isAWatchOf(each.getAsJsonObject(), "main"));
                });
      }
      assertThat(cluster.nodes()).hasSize(3);
    }
  }

  private static Watch watchOnceWhole(TroikaClient client) {
    WholeCluster.awaitIt(client, PATIENCE);
    return client.store("main").watch((tid, oids) -> {});
  }

  private static boolean isAWatchOf(JsonObject connected, String storage) {
    return connected.get("protocol").getAsString().equals("grpc")
        && connected.get("address").getAsString().startsWith("127.0.0.1:")
        && connected.get("storage").getAsString().equals(storage)
        && !connected.get("verifiedTime").isJsonNull();
  }
}
