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

/**
 * Load must not look like a dead leader: heartbeats go on, nobody steps down. A machine that stands
 * still for a second deposes a leader too; so it is enough that it does not happen each time.
 */
@Timeout(600)
final class ManyWritersTest {
  private static final int AT_ONCE = 2_048;
  private static final int TRIES_MAX = 4;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir Path directory;

  @Test
  void writesAndReads_2048AtOnce_allAreDoneInOneTerm() throws Exception {
    try (LocalCluster cluster = LocalCluster.start(ClusterLayout.onFreePorts(directory, 3));
        TroikaClient client =
            TroikaClient.builder()
                .endpoints(cluster.layout().endpoints())
                .callTimeout(PATIENCE)
                .tryTimeout(PATIENCE)
                .runTimeout(PATIENCE)
                .build()) {
      WholeCluster.awaitIt(client, PATIENCE);
      List<Oid> oids = new ArrayList<>();
      long before;
      long after;
      do {
        before = client.admin().status().leader().term();
        oids.addAll(writeAndReadAtOnce(client.store("main")));
        after = client.admin().status().leader().term();
      } while (after != before && oids.size() < TRIES_MAX * AT_ONCE);

      assertThat(oids).doesNotHaveDuplicates();
      assertThat(client.store("main").info().transactionCount()).isEqualTo(oids.size());
      assertThat(after).as("no step-down").isEqualTo(before);
    }
  }

  private static List<Oid> writeAndReadAtOnce(ObjectStore store) throws Exception {
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
    return oids;
  }
}
