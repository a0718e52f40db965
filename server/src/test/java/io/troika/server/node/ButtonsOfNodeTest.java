package io.troika.server.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.troika.client.Codec;
import io.troika.client.Job;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.PackStatus;
import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import io.troika.server.backup.BackupDirectory;
import io.troika.server.cli.backups.NodeCopier;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the buttons of a follower's page do to the cluster. */
@Timeout(600)
final class ButtonsOfNodeTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir Path directory;

  private final HttpClient http = HttpClient.newHttpClient();
  private String cookie = "";
  private String stamp = "log-in";

  private HttpResponse<String> post(Node page, String path, String body)
      throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://" + page.config().httpListen() + path))
            .timeout(PATIENCE)
            .header("content-type", "application/json")
            .header("troika-stamp", stamp)
            .header("cookie", cookie)
            .POST(BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  private String pressed(Node page, String path, String body)
      throws IOException, InterruptedException {
    HttpResponse<String> answer = post(page, path, body);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return json(answer).get("done").getAsString();
  }

  private void logIn(Node page) throws IOException, InterruptedException {
    HttpResponse<String> opened = post(page, "/session/open", "{}");
    assertThat(opened.statusCode()).as(opened.body()).isEqualTo(200);
    cookie = opened.headers().firstValue("set-cookie").orElseThrow().split(";", -1)[0];
    stamp = json(opened).get("stamp").getAsString();
  }

  private static JsonObject json(HttpResponse<String> answer) {
    return JsonParser.parseString(answer.body()).getAsJsonObject();
  }

  @Test
  void buttons_ofAFollowersPage_doWhatTheySay() throws IOException, InterruptedException {
    ClusterLayout plain = ClusterLayout.onFreePorts(directory, 3);
    ClusterLayout layout =
        new ClusterLayout(
            plain.directory(),
            plain.nodes().stream()
                .map(node -> node.backingUpTo(directory.resolve("backups-" + node.nodeId())))
                .toList());
    try (LocalCluster cluster = LocalCluster.start(layout, NodeCopier::copy);
        TroikaClient client = WholeCluster.connect(layout.endpoints())) {
      WholeCluster.awaitIt(client, PATIENCE);
      ObjectStore store = client.store("main");
      Oid oid = store.run(tx -> tx.create("a", Codec.UTF8));
      store.execute(tx -> tx.write(oid, "b", Codec.UTF8));
      Node page = cluster.nodes().stream().filter(node -> !node.leads()).findFirst().orElseThrow();
      String id = page.config().nodeId();

      assertThat(post(page, "/operator/snapshot", "{\"node\":\"%s\"}".formatted(id)).statusCode())
          .isEqualTo(401);
      logIn(page);

      assertThat(pressed(page, "/operator/snapshot", "{\"node\":\"%s\"}".formatted(id)))
          .contains(id + " has applied up to entry");
      assertThat(
              pressed(
                  page, "/operator/pack", "{\"storage\":\"main\",\"days\":0,\"keepGarbage\":true}"))
          .isEqualTo("The pack of main has begun.");
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  client.admin().packStatus("main").filter(pack -> !pack.isRunning()).isPresent());
      assertThat(client.admin().packStatus("main").map(PackStatus::revisionsRemoved)).contains(1L);
      assertThat(packedBy(page)).isEqualTo("anybody");
      assertThat(pressed(page, "/operator/back-up", "{\"storage\":\"main\"}"))
          .isEqualTo("The backup of main on %s has begun.".formatted(id));
      String address = page.config().self().client().toString();
      await()
          .atMost(PATIENCE)
          .ignoreExceptionsInstanceOf(TroikaException.class)
          .until(() -> states(client, address).equals(List.of(Job.State.SUCCEEDED)));
      assertThat(BackupDirectory.read(directory.resolve("backups-" + id + "/main")).storage())
          .isEqualTo("main");
      long term = client.admin().status().leader().term();
      assertThat(
              pressed(
                  page,
                  "/operator/transfer",
                  "{\"group\":\"g0\",\"target\":\"%s\",\"term\":\"%s\"}".formatted(id, term)))
          .startsWith(id + " leads now");
      await().atMost(PATIENCE).until(() -> hasLed(page, "g0", id, term + 1));
    }
  }

  @Test
  void makeLeader_ofAnotherGroup_isAboutThatGroup() throws IOException, InterruptedException {
    ClusterLayout layout = ClusterLayout.onFreePorts(directory, 3);
    try (LocalCluster cluster = LocalCluster.start(layout);
        TroikaClient client = WholeCluster.connect(layout.endpoints())) {
      WholeCluster.awaitIt(client, PATIENCE);
      client.admin().createGroup("g1");
      Node page = cluster.nodes().get(0);
      logIn(page);
      await()
          .atMost(PATIENCE)
          .until(() -> !leader(page).isEmpty() && group(page).getAsJsonArray("nodes").size() == 3);
      long term = group(page).get("term").getAsLong();
      String target =
          group(page).getAsJsonArray("nodes").asList().stream()
              .map(node -> node.getAsJsonObject().get("id").getAsString())
              .filter(id -> !id.equals(leader(page)))
              .findFirst()
              .orElseThrow();

      assertThat(
              pressed(
                  page,
                  "/operator/transfer",
                  "{\"group\":\"g1\",\"target\":\"%s\",\"term\":\"%s\"}".formatted(target, term)))
          .startsWith(target + " leads group g1 now");

      await().atMost(PATIENCE).until(() -> hasLed(page, "g1", target, term + 1));
      HttpResponse<String> unknown =
          post(page, "/operator/transfer", "{\"group\":\"g9\",\"target\":\"n1\",\"term\":\"1\"}");
      assertThat(unknown.statusCode()).isEqualTo(503);
      assertThat(unknown.body()).contains("no part in group 'g9'");
    }
  }

  /** It may be over already, on a machine that is busy. */
  private boolean hasLed(Node page, String group, String node, long termAtLeast) {
    return statusOf(page).getAsJsonArray("leaderChanges").asList().stream()
        .map(JsonElement::getAsJsonObject)
        .anyMatch(
            change ->
                change.get("group").getAsString().equals(group)
                    && change.get("to").getAsString().equals(node)
                    && change.get("term").getAsLong() >= termAtLeast);
  }

  private JsonObject statusOf(Node page) {
    URI status = URI.create("http://" + page.config().httpListen() + "/status.json");
    return json(
        http.sendAsync(HttpRequest.newBuilder(status).build(), BodyHandlers.ofString()).join());
  }

  /** What the page says of {@code g1}; without members while it says nothing. */
  private JsonObject group(Node page) {
    JsonArray groups = statusOf(page).getAsJsonArray("groups");
    return groups.size() < 2 ? new JsonObject() : groups.get(1).getAsJsonObject();
  }

  private String leader(Node page) {
    JsonElement leader = group(page).get("leader");
    return leader == null || leader.isJsonNull() ? "" : leader.getAsString();
  }

  /** As every node's page shows it, though only the leader was told. */
  private String packedBy(Node page) {
    JsonObject job = statusOf(page).getAsJsonArray("jobs").get(0).getAsJsonObject();
    assertThat(job.get("kind").getAsString()).isEqualTo("pack");
    return job.get("by").getAsString();
  }

  private static List<Job.State> states(TroikaClient client, String address) {
    return client.admin().statusOf(address).jobs().stream()
        .filter(job -> job.kind().equals("backup"))
        .map(Job::state)
        .toList();
  }
}
