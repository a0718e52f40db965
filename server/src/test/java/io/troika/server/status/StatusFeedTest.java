package io.troika.server.status;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.core.model.Tid;
import io.troika.server.health.FakeGroup;
import io.troika.server.health.HealthReport;
import io.troika.server.health.HealthReport.Check;
import io.troika.server.service.ServiceFixture;
import io.troika.server.service.feed.FeedClient;
import io.troika.server.service.feed.FeedEvent;
import io.troika.server.service.feed.FeedSubscriber;
import io.troika.server.service.feed.FeedSubscription;
import io.troika.server.service.ports.ClusterControl;
import io.troika.server.service.ports.Leadership;
import io.troika.server.status.Activity.Sample;
import io.troika.server.status.LeaderChanges.LeaderChange;
import io.troika.server.status.NodeReport.Client;
import io.troika.server.status.NodeReport.Clients;
import io.troika.server.status.NodeReport.Disk;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Node n1 leads; n2 is a fake. */
final class StatusFeedTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final HealthReport READY =
      new HealthReport(true, List.of(new Check("in-step", true, "this node leads")));

  /** Counts the questions; answers for n2, or fails. */
  private static final class FakePeers implements PeerReports {
    private final AtomicInteger questions = new AtomicInteger();
    private boolean silent;

    @Override
    public CompletableFuture<NodeReport> report(String clientAddress, Duration patience) {
      questions.incrementAndGet();
      return silent
          ? CompletableFuture.failedFuture(new IOException("connection refused"))
          : CompletableFuture.completedFuture(reportOfN2());
    }

    @Override
    public void close() {}
  }

  private final ServiceFixture node = new ServiceFixture();
  private final FakePeers peers = new FakePeers();
  private final AtomicLong millis = new AtomicLong(1_000_000);
  private final JobBoard jobs = new JobBoard(millis::get);
  private final NodeReporter reporter =
      new NodeReporter(
          new NodeReporter.Facts("n1", "1.2.3", Path.of("."), Map.of(), () -> 0),
          node.groups,
          node.events,
          () -> READY,
          jobs,
          millis::get);
  private final Map<String, ClusterControl> clusters =
      new TreeMap<>(Map.of("g0", new FakeGroup(node.log)));
  private final StatusFeed feed =
      StatusFeed.start(reporter, node.groups, () -> clusters, peers, node.timer, Runnable::run);

  @AfterEach
  void close() {
    feed.close();
    node.close();
  }

  private static NodeReport reportOfN2() {
    return new NodeReport(
        "n2",
        "1.2.2",
        1_000_000,
        400_000,
        new HealthReport(true, List.of(new Check("majority", false, "cut off"))),
        new Leadership(1, "n1", "", false),
        new Disk(100, 10),
        0,
        Map.of(),
        List.of(new Sample(1_000, 7, 2, 1_500, 9_000)),
        new Clients(150, List.of(new Client("zeo", "10.0.0.1:5", "main", 1, 3))),
        List.of(new LeaderChange("g0", 500_000, 1, "n3", "n1", 120, 340)),
        List.of());
  }

  private void pass(Duration time) {
    millis.addAndGet(time.toMillis());
    node.timer.advance(time);
  }

  private JsonObject document() {
    return JsonParser.parseString(feed.document()).getAsJsonObject();
  }

  private static JsonObject first(JsonObject document, String array) {
    return document.getAsJsonArray(array).get(0).getAsJsonObject();
  }

  @Test
  void document_twoNodes_tellsWhatEachSays() {
    Tid tid = node.commit(1, Tid.NONE, "abc");
    pass(SECOND);
    JsonObject document = document();

    assertThat(document.get("node").getAsString()).isEqualTo("n1");
    assertThat(document.get("version").getAsString()).isEqualTo("1.2.3");
    assertThat(document.getAsJsonObject("leader").toString())
        .isEqualTo("{\"node\":\"n1\",\"term\":1,\"starting\":false}");
    assertThat(document.getAsJsonObject("health").get("ready").getAsBoolean()).isTrue();
    JsonObject n2 = document.getAsJsonArray("nodes").get(1).getAsJsonObject();
    assertThat(n2.get("role").getAsString()).isEqualTo("follower");
    assertThat(n2.get("ready").getAsBoolean()).isFalse();
    assertThat(n2.get("reason").getAsString()).isEqualTo("majority: cut off");
    assertThat(n2.get("version").getAsString()).isEqualTo("1.2.2");
    assertThat(n2.get("uptimeSeconds").getAsLong()).isEqualTo(600);
    assertThat(n2.get("diskFreeBytes").getAsLong()).isEqualTo(10);
    JsonObject storage = first(document, "storages");
    assertThat(storage.get("name").getAsString()).isEqualTo("main");
    assertThat(storage.get("lastTid").getAsString()).isEqualTo(tid.toString());
    assertThat(storage.get("dataBytes").getAsLong()).isEqualTo(3);
    assertThat(document.getAsJsonArray("jobs")).isEmpty();
  }

  private JsonObject since(JsonObject before) {
    return JsonParser.parseString(feed.document(before.get("storagesVersion").getAsString()))
        .getAsJsonObject();
  }

  private static List<String> names(JsonObject document) {
    return document.getAsJsonArray("storages").asList().stream()
        .map(storage -> storage.getAsJsonObject().get("name").getAsString())
        .toList();
  }

  @Test
  void document_sinceAVersion_hasTheStoragesThatChanged() {
    ServiceFixture.done(node.transactions().createStorage("other"));
    pass(SECOND);
    JsonObject all = document();
    assertThat(names(all)).containsExactlyInAnyOrder("main", "other");
    assertThat(all.get("storagesSince").isJsonNull()).isTrue();
    assertThat(names(since(all))).isEmpty();

    Tid tid = node.commit(1, Tid.NONE, "abc");
    pass(SECOND);
    JsonObject changed = since(all);
    assertThat(first(changed, "storages").get("lastTid").getAsString()).isEqualTo(tid.toString());
    assertThat(names(changed)).containsExactly("main");
    assertThat(changed.get("storagesSince")).isEqualTo(all.get("storagesVersion"));
    assertThat(names(since(changed))).isEmpty();
    assertThat(names(document())).as("who asks for all").hasSize(2);

    ServiceFixture.done(node.service.storageChanges().drop("other", 1));
    pass(SECOND);
    JsonObject dropped = since(changed);
    assertThat(names(dropped)).isEmpty();
    assertThat(dropped.get("storageCount").getAsInt()).isEqualTo(1);
  }

  @Test
  void document_sinceSomethingElse_hasAllStorages() {
    pass(SECOND);
    String present = document().get("storagesVersion").getAsString();
    String run = present.substring(0, present.indexOf('.') + 1);
    for (String since : List.of("", "x", run, run + "0", run + "999", run + "-1", "z" + present)) {
      JsonObject document = JsonParser.parseString(feed.document(since)).getAsJsonObject();
      assertThat(names(document)).as(since).containsExactly("main");
      assertThat(document.get("storagesSince").isJsonNull()).as(since).isTrue();
    }
  }

  @Test
  void document_activity_hasOwnCommitsAndTheLatencyThatAnyNodeMeasured() {
    node.commitElsewhere(1, Tid.NONE, "abc");
    pass(SECOND);
    JsonObject activity = document().getAsJsonObject("activity");

    assertThat(activity.get("firstSecond").getAsLong()).isEqualTo(1_000);
    assertThat(activity.get("commits").toString()).isEqualTo("[1]");
    assertThat(activity.get("conflicts").toString()).isEqualTo("[2]");
    assertThat(activity.get("p50Millis").toString()).isEqualTo("[1.5]");
    assertThat(activity.get("p99Millis").toString()).isEqualTo("[9.0]");
  }

  @Test
  void document_clients_areThoseOfAllNodes() {
    FeedSubscription unused =
        node.service
            .feed()
            .subscribe(
                node.storage,
                new FeedSubscriber() {
                  @Override
                  public boolean isReady() {
                    return true;
                  }

                  @Override
                  public void deliver(FeedEvent event) {}

                  @Override
                  public FeedClient client() {
                    return new FeedClient("grpc", "10.0.0.9:7");
                  }
                });
    Tid told = node.commit(1, Tid.NONE, "abc");
    JsonObject clients = document().getAsJsonObject("clients");

    assertThat(clients.get("total").getAsInt()).isEqualTo(151);
    JsonObject own = first(clients, "shown");
    assertThat(own.get("node").getAsString()).isEqualTo("n1");
    assertThat(own.get("address").getAsString()).isEqualTo("10.0.0.9:7");
    assertThat(own.get("storage").getAsString()).isEqualTo("main");
    assertThat(own.get("verifiedTid").getAsString()).isEqualTo(told.toString());
    assertThat(own.get("backlogEvents").getAsInt()).isZero();
    assertThat(clients.getAsJsonArray("shown").get(1).toString()).contains("\"zeo\"", "\"n2\"");
  }

  @Test
  void document_leaderChanges_areOwnOnesAndOlderOnesOfOthers() {
    document();
    node.log.loseLeader(1);
    pass(Duration.ofMillis(50));
    node.log.follow(2);
    JsonObject document = document();

    assertThat(first(document, "leaderChanges").get("to").getAsString()).isEqualTo("n2");
    assertThat(first(document, "leaderChanges").get("from").getAsString()).isEqualTo("n1");
    JsonObject older = document.getAsJsonArray("leaderChanges").get(1).getAsJsonObject();
    assertThat(older.get("from").getAsString()).isEqualTo("n3");
    assertThat(older.get("gapSeconds").getAsDouble()).isEqualTo(0.12);
    assertThat(older.get("pauseSeconds").getAsDouble()).isEqualTo(0.34);
  }

  @Test
  void document_severalGroups_hasEachWithItsLeaderAndItsStorages() {
    try (ServiceFixture other = new ServiceFixture()) {
      ServiceFixture.done(other.transactions().createStorage("away"));
      other.log.changeSilently(new Leadership("g1", 7, "n2", "127.0.0.1:7402", false, false));
      ServiceFixture.done(
          node.service
              .groupChanges()
              .create(
                  "g1",
                  () ->
                      CompletableFuture.completedFuture(
                          List.of(new GroupInfo.Member("n1", "h:1", "h:2", "h:3")))));
      JsonObject coming = group(document(), 1);
      assertThat(coming.get("name").getAsString()).isEqualTo("g1");
      assertThat(coming.get("leader").isJsonNull()).isTrue();
      assertThat(coming.getAsJsonArray("nodes")).as("this node has no part in it yet").isEmpty();

      reporter.follow(other.service, other.events);
      node.groups.add(other.service);
      clusters.put("g1", new FakeGroup(other.log));
      pass(SECOND);
      pass(SECOND);
      JsonObject there = group(document(), 1);
      assertThat(there.get("leader").getAsString()).isEqualTo("n2");
      assertThat(there.get("term").getAsLong()).isEqualTo(7);
      assertThat(there.get("storages").getAsInt()).isEqualTo(2);
      assertThat(there.getAsJsonArray("nodes").get(1).toString())
          .contains("\"id\":\"n2\"", "\"role\":\"leader\"", "\"lagEntries\":0");
      assertThat(group(document(), 0).get("leader").getAsString()).isEqualTo("n1");
      assertThat(document().getAsJsonArray("storages").toString())
          .contains("\"group\":\"g0\"", "\"group\":\"g1\"");
      assertThat(first(document(), "leaderChanges").get("group").getAsString()).isEqualTo("g1");
    }
  }

  private static JsonObject group(JsonObject document, int place) {
    return document.getAsJsonArray("groups").get(place).getAsJsonObject();
  }

  @Test
  void document_manyViewers_askTheOthersOnceASecond() {
    for (int i = 0; i < 100; i++) {
      document();
    }
    assertThat(peers.questions).hasValue(1);
    pass(SECOND);
    for (int i = 0; i < 100; i++) {
      document();
    }
    assertThat(peers.questions).hasValue(2);
  }

  @Test
  void document_nobodyLooks_nobodyIsAsked() {
    document();
    pass(Duration.ofSeconds(30));
    int asked = peers.questions.get();
    pass(Duration.ofSeconds(30));
    assertThat(peers.questions).hasValue(asked);

    document();
    assertThat(peers.questions).hasValue(asked + 1);
  }

  @Test
  void document_leaderChangedMeanwhile_saysSoAtOnce() {
    document();
    node.log.follow(2);

    JsonObject document = document();
    assertThat(document.getAsJsonObject("leader").get("node").getAsString()).isEqualTo("n2");
    assertThat(document.getAsJsonArray("nodes").get(0).toString())
        .contains("\"role\":\"follower\"");
    assertThat(document.getAsJsonArray("nodes").get(1).toString()).contains("\"role\":\"leader\"");
  }

  @Test
  void document_nodeWithoutAReport_hasNothingThatIsNotKnown() {
    document();
    peers.silent = true;
    pass(SECOND);
    pass(SECOND);

    JsonObject n2 = document().getAsJsonArray("nodes").get(1).getAsJsonObject();
    assertThat(n2.get("reachable").getAsBoolean()).isTrue();
    assertThat(n2.get("ready").isJsonNull()).isTrue();
    assertThat(n2.get("version").isJsonNull()).isTrue();
  }
}
