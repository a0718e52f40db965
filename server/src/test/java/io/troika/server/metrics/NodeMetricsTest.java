package io.troika.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.Tid;
import io.troika.server.core.mvcc.InvalidationsResult;
import io.troika.server.health.FakeGroup;
import io.troika.server.node.DiskFigures;
import io.troika.server.raft.division.LogSyncs;
import io.troika.server.service.ServiceFixture;
import io.troika.server.service.feed.FeedClient;
import io.troika.server.service.feed.FeedEvent;
import io.troika.server.service.feed.FeedSubscriber;
import io.troika.server.service.ports.ClusterControl;
import io.troika.server.service.reads.ReadService.Freshness;
import io.troika.server.service.refusals.OverloadedException;
import io.troika.server.storage.rocksdb.RocksFigures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class NodeMetricsTest {
  private static final Path DOCUMENT = Path.of("docs/metrics.md");

  private final ServiceFixture node = new ServiceFixture();
  private final Map<String, ClusterControl> groups =
      new TreeMap<>(Map.of("g0", new FakeGroup(node.log)));
  private final NodeMetrics metrics =
      new NodeMetrics(
          "n1",
          new NodeMetrics.Sources(
              () -> groups, node.store::storages, () -> true, () -> 4_096, () -> 3));

  private final Map<String, RocksFigures> databases =
      new TreeMap<>(Map.of("g0", new RocksFigures(1, 3, 4, 5, 6, true, 7)));
  private final Map<String, LogSyncs> syncs =
      new TreeMap<>(Map.of("g0", new LogSyncs(8, 0.001, 0.02, 0.3)));

  @BeforeEach
  void connect() {
    node.service.observe(metrics.transactions());
    metrics.disk(() -> 1_000, () -> true);
    metrics.clock(() -> Duration.ofMillis(-1_500));
    metrics.feeds(() -> List.of(node.service.feed()));
    metrics.verifications(() -> List.of(node.service.reads().verifications()));
    metrics.rates(() -> 5, () -> 6);
    metrics.passedOn(() -> 7);
    DiskFigures.tell(metrics, () -> databases, () -> syncs);
  }

  @AfterEach
  void close() {
    node.close();
  }

  private List<String> lines() {
    return metrics.page().lines().toList();
  }

  @Test
  void transactions_eachEnd_isCounted() {
    Tid first = node.commit(1, Tid.NONE, "a");
    node.commit(1, first, "b");
    ServiceFixture.done(node.commit(node.writing(ServiceFixture.write(1, first, "late"))));
    ServiceFixture.done(node.vote(node.writing(ServiceFixture.write(2, Tid.NONE, "voted"))));
    ServiceFixture.done(node.transactions().finish(node.lastId()));
    ServiceFixture.done(node.vote(node.writing(ServiceFixture.write(3, Tid.NONE, "given up"))));
    node.transactions().abort(node.lastId());
    node.log.refuse(new OverloadedException("test"));
    assertThat(node.commit(node.writing(ServiceFixture.write(4, Tid.NONE, "refused"))))
        .isCompletedExceptionally();

    assertThat(lines())
        .contains(
            "troika_transactions_total{result=\"committed\"} 3.0",
            "troika_transactions_total{result=\"conflict\"} 1.0",
            "troika_transactions_total{result=\"aborted\"} 1.0",
            "troika_transactions_total{result=\"failed\"} 1.0",
            "troika_transactions_total{result=\"abandoned\"} 0.0",
            "troika_commit_duration_seconds_count 3",
            "troika_commit_duration_seconds_bucket{le=\"+Inf\"} 3");
  }

  @Test
  void page_nodeThatLeads_tellsGroupStoragesAndMemory() {
    node.commit(1, Tid.NONE, "a");

    assertThat(lines())
        .contains(
            "troika_ready 1.0",
            "troika_raft_leader{group=\"g0\"} 1.0",
            "troika_raft_term{group=\"g0\"} 1.0",
            "troika_raft_member_reachable{group=\"g0\",member=\"n2\"} 1.0",
            "troika_raft_member_lag_entries{group=\"g0\",member=\"n1\"} 0.0",
            "troika_storage_objects{storage=\"main\"} 1.0",
            "troika_rocksdb_memory_bytes 4096.0",
            "troika_clock_ahead_seconds -1.5",
            "troika_zeo_connections 3.0")
        .anyMatch(line -> line.startsWith("jvm_memory_used_bytes"));
    node.log.follow(2);
    assertThat(lines()).contains("troika_raft_leader{group=\"g0\"} 0.0");
  }

  @Test
  void page_severalGroups_tellsEachAsLongAsItIsThere() {
    try (ServiceFixture other = new ServiceFixture()) {
      other.log.follow(7);
      groups.put("g1", new FakeGroup(other.log));
      databases.put("g1", new RocksFigures(1, 3, 40, 5, 6, false, 7));
      syncs.put("g1", LogSyncs.NONE);
    }
    assertThat(lines())
        .contains(
            "troika_raft_leader{group=\"g0\"} 1.0",
            "troika_raft_leader{group=\"g1\"} 0.0",
            "troika_raft_member_reachable{group=\"g1\",member=\"n2\"} 1.0",
            "troika_raft_log_syncs_total{group=\"g1\"} 0.0",
            "troika_rocksdb_pending_compaction_bytes{group=\"g0\"} 4.0",
            "troika_rocksdb_pending_compaction_bytes{group=\"g1\"} 40.0",
            "troika_rocksdb_writes_stopped{group=\"g1\"} 0.0");

    groups.remove("g1");
    databases.remove("g1");
    syncs.remove("g1");
    assertThat(lines())
        .contains("troika_raft_leader{group=\"g0\"} 1.0")
        .noneMatch(line -> line.contains("g1"));
  }

  /** A client that takes no event after the first. */
  private static final class SlowClient implements FeedSubscriber {
    private boolean started;

    @Override
    public boolean isReady() {
      return !started;
    }

    @Override
    public void deliver(FeedEvent event) {
      started = true;
    }

    @Override
    public FeedClient client() {
      return new FeedClient("zeo", "10.0.0.1:2");
    }
  }

  @Test
  void page_clientThatTakesNothing_hasItsBacklog() {
    var unused = node.service.feed().subscribe(node.storage, new SlowClient());
    Tid first = node.commit(1, Tid.NONE, "a");
    node.commit(1, first, "b");

    assertThat(lines())
        .contains(
            "troika_feed_clients{protocol=\"zeo\"} 1.0",
            "troika_feed_clients{protocol=\"grpc\"} 0.0",
            "troika_feed_backlog_events{protocol=\"zeo\"} 2.0");
  }

  @Test
  void page_tellsOfDiskRatesAndVerifiedCaches() {
    Tid first = node.commit(1, Tid.NONE, "a");
    ServiceFixture.done(
        node.service
            .reads()
            .invalidationsSince("main", first, Freshness.SESSION, first, ServiceFixture.PATIENCE));
    InvalidationsResult unknown =
        node.service.reads().history(node.storage, first).changesSince(new Tid(first.value() + 1));
    assertThat(unknown).isInstanceOf(InvalidationsResult.Ahead.class);

    assertThat(lines())
        .contains(
            "troika_raft_log_syncs_total{group=\"g0\"} 8.0",
            "troika_raft_log_sync_seconds{group=\"g0\",quantile=\"0.99\"} 0.02",
            "troika_rocksdb_pending_compaction_bytes{group=\"g0\"} 4.0",
            "troika_rocksdb_writes_stopped{group=\"g0\"} 1.0",
            "troika_rocksdb_stalls_total{group=\"g0\"} 6.0",
            "troika_client_rate_exceeded_total{action=\"refused\"} 5.0",
            "troika_calls_passed_on_total 7.0",
            "troika_cache_verifications_total{result=\"kept\"} 2.0",
            "troika_cache_verifications_total{result=\"dropped\"} 0.0");
  }

  @Test
  void page_storageWithAQuota_hasIt_andSaysWhatWasRefused() {
    node.commit(1, Tid.NONE, "abc");
    ServiceFixture.done(node.service.storageChanges().setQuota("main", 4));
    ServiceFixture.done(node.commit(node.writing(ServiceFixture.write(2, Tid.NONE, "de"))));

    assertThat(lines())
        .contains(
            "troika_storage_size_bytes{storage=\"main\"} 3.0",
            "troika_storage_quota_bytes{storage=\"main\"} 4.0",
            "troika_transactions_over_quota_total 1.0");
  }

  @Test
  void page_storageRenamedOrDropped_isNotToldOfUnderItsOldName() {
    node.commit(1, Tid.NONE, "a");
    ServiceFixture.done(node.transactions().createStorage("other"));
    ServiceFixture.done(node.service.storageChanges().setQuota("main", 4));
    ServiceFixture.done(node.service.storageChanges().setQuota("other", 4));
    assertThat(lines())
        .contains("troika_storage_quota_bytes{storage=\"other\"} 4.0")
        .anyMatch(line -> line.contains("storage=\"main\""));

    ServiceFixture.done(node.service.storageChanges().rename("main", "new"));
    ServiceFixture.done(node.service.storageChanges().drop("other", 1));

    assertThat(lines())
        .contains("troika_storage_objects{storage=\"new\"} 1.0")
        .noneMatch(line -> line.contains("storage=\"main\""))
        .noneMatch(line -> line.contains("storage=\"other\""));
  }

  @Test
  void document_listsExactlyWhatThereIs() throws IOException {
    ServiceFixture.done(node.service.storageChanges().setQuota("main", 1_000));
    TreeSet<String> documented = new TreeSet<>();
    Pattern.compile("`(troika_[a-z_]+)`")
        .matcher(Files.readString(DOCUMENT))
        .results()
        .map((MatchResult name) -> name.group(1))
        .forEach(documented::add);
    TreeSet<String> told = new TreeSet<>();
    lines().stream()
        .filter(line -> line.startsWith("# TYPE troika_"))
        .map(line -> line.substring("# TYPE ".length(), line.lastIndexOf(' ')))
        .forEach(told::add);

    assertThat(told).isEqualTo(documented).isNotEmpty();
  }
}
