package io.troika.server.node;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.troika.client.Codec;
import io.troika.client.Freshness;
import io.troika.client.HistoryReplacedException;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.ReadPreference;
import io.troika.client.ReadView;
import io.troika.client.RecordedChange;
import io.troika.client.StorageInfo;
import io.troika.client.Tid;
import io.troika.client.Transaction;
import io.troika.client.TransactionQuery;
import io.troika.client.TransactionRecord;
import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import io.troika.server.cli.backups.BackupReport;
import io.troika.server.cli.backups.BackupRun;
import io.troika.server.cli.backups.RestorePoint;
import io.troika.server.cli.backups.RestoreReport;
import io.troika.server.cli.backups.RestoreRun;
import io.troika.server.filestorage.ZodbPython;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Backups of three nodes in this JVM while they are written to, and the way back. */
@Timeout(600)
class RestoreClusterTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir Path directory;

  private LocalCluster cluster;
  private TroikaClient client;
  private ObjectStore store;

  @BeforeEach
  void start() throws IOException {
    cluster = LocalCluster.start(ClusterLayout.onFreePorts(directory.resolve("cluster"), 3));
    client = WholeCluster.connect(cluster.layout().endpoints());
    WholeCluster.awaitIt(client, PATIENCE);
    store = client.store("main");
  }

  @AfterEach
  void stop() {
    client.close();
    cluster.close();
  }

  @Test
  void backup_whileOthersWrite_restoresIntoAnotherClusterWithTheSameTids() throws Exception {
    List<Oid> oids = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      oids.add(store.run(tx -> tx.create("first", Codec.UTF8)));
    }
    AtomicBoolean ended = new AtomicBoolean();
    Thread writer =
        new Thread(
            () -> {
              for (int i = 0; !ended.get(); i++) {
                Oid oid = oids.get(i % oids.size());
                String text = "text " + i;
                store.run(tx -> tx.write(oid, text, Codec.UTF8));
              }
            });
    writer.start();
    BackupReport first;
    BackupReport second;
    try {
      first = backup();
      Tid seen = store.info().lastTid();
      await().atMost(PATIENCE).until(() -> store.info().lastTid().compareTo(seen) > 0);
      second = backup();
    } finally {
      ended.set(true);
      writer.join();
    }
    assertThat(second.after()).isEqualTo(first.tid());
    assertThat(second.transactions()).isPositive();

    LocalCluster other =
        LocalCluster.start(ClusterLayout.onFreePorts(directory.resolve("other"), 3));
    try (TroikaClient there = WholeCluster.connect(other.layout().endpoints())) {
      WholeCluster.awaitIt(there, PATIENCE);
      RestoreReport report = restore(other, RestorePoint.newest(backups(), 0), "main", false);

      Tid upTo = new Tid(second.tid().value());
      assertThat(report.lastTid()).isEqualTo(upTo);
      assertThat(contents(there.store("main"), upTo)).isEqualTo(contents(store, upTo));
      assertThat(there.admin().storages()).extracting(StorageInfo::name).containsExactly("main");
      assertThat(there.admin().verify("main", PATIENCE).equal()).isTrue();
    } finally {
      other.close();
    }
  }

  @Test
  void restore_underAClientWithAWarmCache_showsItNothingOfTheLostHistory() throws Exception {
    Oid oid = store.run(tx -> tx.create("old", Codec.UTF8));
    BackupReport backup = backup();
    store.run(tx -> tx.write(oid, "new", Codec.UTF8));
    Oid lost = store.run(tx -> tx.create("lost", Codec.UTF8));
    assertThat(store.<String>run(tx -> tx.read(oid, Codec.UTF8))).isEqualTo("new");
    assertThat(store.<String>run(tx -> tx.read(lost, Codec.UTF8))).isEqualTo("lost");
    StorageInfo before = store.info();
    try (ReadView open = store.view(Freshness.LINEARIZABLE)) {
      RestoreReport report = restore(cluster, RestorePoint.newest(backups(), 0), "main", true);

      // Not eventually: whoever asks now must not be told of the past.
      assertThat(store.<String>run(tx -> tx.read(oid, Codec.UTF8))).isEqualTo("old");
      assertThat(store.view(Freshness.LINEARIZABLE).find(lost)).isEmpty();
      assertThatThrownBy(() -> open.find(oid)).isInstanceOf(HistoryReplacedException.class);

      StorageInfo after = store.info();
      assertThat(after.epoch()).isEqualTo(before.epoch() + 1).isEqualTo(report.epoch());
      assertThat(after.uuid()).isEqualTo(before.uuid());
      assertThat(after.lastTid()).isEqualTo(report.first()).isGreaterThan(before.lastTid());
      assertThat(report.lastTid().value()).isEqualTo(backup.tid().value());
    }
    Oid created = store.run(tx -> tx.create("after", Codec.UTF8));
    assertThat(created).isNotEqualTo(lost);
    assertThat(client.admin().verify("main", PATIENCE).equal()).isTrue();

    BackupReport next = backup();
    assertThat(next.begun()).isTrue();
    assertThat(next.chain()).isEqualTo(2);
    assertThat(next.after()).isEqualTo(io.troika.server.core.model.Tid.NONE);
  }

  /** What was read in a lost history must not get into the new one. */
  @Test
  void commit_ofATransactionThatReadTheLostHistory_isRefused() throws Exception {
    Oid source = store.run(tx -> tx.create("old", Codec.UTF8));
    Oid copy = store.run(tx -> tx.create("nothing", Codec.UTF8));
    BackupReport unused = backup();
    store.run(tx -> tx.write(source, "lost", Codec.UTF8));
    Transaction open = store.begin();
    open.write(copy, open.read(source, Codec.UTF8), Codec.UTF8);

    RestoreReport restored = restore(cluster, RestorePoint.newest(backups(), 0), "main", true);

    assertThatThrownBy(open::commit).isInstanceOf(HistoryReplacedException.class);
    assertThat(restored.epoch()).isEqualTo(2);
    assertThat(store.<String>run(tx -> tx.read(copy, Codec.UTF8))).isEqualTo("nothing");
  }

  /** Every node must have dropped the old one, and a node that was down must learn of it. */
  @Test
  void restore_whileAFollowerIsDown_isTheSameThere() throws Exception {
    Oid oid = store.run(tx -> tx.create("old", Codec.UTF8));
    BackupReport unused = backup();
    store.run(tx -> tx.write(oid, "new", Codec.UTF8));
    String follower =
        client.admin().status().nodes().stream()
            .map(node -> node.nodeId())
            .filter(id -> !id.equals(WholeCluster.leader(client)))
            .findFirst()
            .orElseThrow();
    cluster.kill(follower);

    RestoreReport report = restore(cluster, RestorePoint.newest(backups(), 0), "main", true);
    var restarted = cluster.restart(follower);

    await()
        .atMost(PATIENCE)
        .ignoreExceptionsInstanceOf(TroikaException.class)
        .until(() -> client.admin().verify("main", PATIENCE).equal());
    assertThat(store.info().epoch()).isEqualTo(report.epoch());
    assertThat(restarted.config().nodeId()).isEqualTo(follower);
  }

  @Test
  void restore_underAZeoClient_isSeenByItWithoutARestart() throws Exception {
    Process application =
        ZodbPython.require().start("zeo_restore.py", cluster.layout().zeoAddresses());
    List<String> steps = new ArrayList<>();
    try (BufferedReader lines =
            new BufferedReader(new InputStreamReader(application.getInputStream(), UTF_8));
        Writer input = application.outputWriter(UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        steps.add(line);
        if (line.startsWith("old is committed")) {
          BackupReport unused = backup();
          input.write("\n");
          input.flush();
        } else if (line.startsWith("new is committed")) {
          RestoreReport unused = restore(cluster, RestorePoint.newest(backups(), 0), "main", true);
          input.write("\n");
          input.flush();
        }
      }
      assertThat(application.waitFor(120, TimeUnit.SECONDS)).isTrue();
    } finally {
      application.destroyForcibly();
    }

    assertThat(steps)
        .containsExactly(
            "old is committed, waiting",
            "new is committed and cached, waiting",
            "the restored state is seen",
            "committed again");
    assertThat(application.exitValue()).isZero();
  }

  private Path backups() {
    return directory.resolve("backup");
  }

  private BackupReport backup() throws IOException {
    try (TroikaClient leading = WholeCluster.connect(cluster.layout().endpoints());
        TroikaClient reading = reading(cluster)) {
      return BackupRun.run(
          leading.store("main"), reading.store("main"), backups(), BackupRun.Progress.NONE);
    }
  }

  private static RestoreReport restore(
      LocalCluster into, RestorePoint point, String name, boolean replace) throws Exception {
    try (TroikaClient leading = WholeCluster.connect(into.layout().endpoints());
        TroikaClient reading = reading(into)) {
      return RestoreRun.run(leading, reading, point, name, replace, RestoreRun.Progress.NONE);
    }
  }

  private static TroikaClient reading(LocalCluster of) {
    return TroikaClient.builder()
        .endpoints(of.layout().endpoints())
        .readPreference(ReadPreference.FOLLOWER)
        .freshness(Freshness.SESSION)
        .build();
  }

  private record Content(TransactionRecord header, List<RecordedChange> changes) {}

  /** All but the ids under which the transactions were committed. */
  private static List<Content> contents(ObjectStore store, Tid upTo) {
    try (Stream<TransactionRecord> all = store.transactions(TransactionQuery.after(Tid.NONE))) {
      return all.filter(record -> record.tid().compareTo(upTo) <= 0)
          .map(
              record ->
                  new Content(
                      new TransactionRecord(
                          record.tid(),
                          record.status(),
                          record.metadata(),
                          record.oids(),
                          record.oidCount(),
                          record.sizeBytes(),
                          java.util.Optional.empty()),
                      store.changes(record.tid())))
          .toList();
    }
  }
}
