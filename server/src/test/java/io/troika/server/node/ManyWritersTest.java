package io.troika.server.node;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.client.Bytes;
import io.troika.client.Freshness;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.TroikaClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Load must not look like a dead leader: heartbeats go on, nobody steps down. */
@Timeout(180)
final class ManyWritersTest {
  private static final int AT_ONCE = 2_048;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path directory;

  @Test
  void writesAndReads_2048AtOnce_allAreDoneInOneTerm() throws Exception {
    try (LocalCluster cluster = LocalCluster.start(ClusterLayout.onFreePorts(directory, 3));
        TroikaClient client = TroikaClient.connect(cluster.layout().endpoints())) {
      WholeCluster.awaitIt(client, PATIENCE);
      ObjectStore store = client.store("main");
      long term = client.admin().status().leader().term();

      List<CompletableFuture<Oid>> writes = new ArrayList<>();
      List<CompletableFuture<?>> reads = new ArrayList<>();
      for (int i = 0; i < AT_ONCE; i++) {
        writes.add(store.runAsync(tx -> tx.createAsync(Bytes.utf8("x"))));
        reads.add(store.viewAsync(Freshness.LINEARIZABLE));
      }
      List<Oid> oids = new ArrayList<>();
      for (CompletableFuture<Oid> write : writes) {
        oids.add(write.get(PATIENCE.toSeconds(), SECONDS));
      }
      for (CompletableFuture<?> read : reads) {
        assertThat(read.get(PATIENCE.toSeconds(), SECONDS)).isNotNull();
      }

      assertThat(oids).doesNotHaveDuplicates();
      assertThat(store.info().transactionCount()).isEqualTo(AT_ONCE);
      assertThat(client.admin().status().leader().term()).as("no step-down").isEqualTo(term);
    }
  }
}
