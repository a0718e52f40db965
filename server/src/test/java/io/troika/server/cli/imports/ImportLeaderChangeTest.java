package io.troika.server.cli.imports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.client.ObjectStore;
import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import io.troika.client.VerifyReport;
import io.troika.server.cli.imports.ImportBatches.Limits;
import io.troika.server.cli.output.TransactionProgress;
import io.troika.server.node.ClusterLayout;
import io.troika.server.node.LocalCluster;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three nodes in this JVM that lose their leader while a file is imported. */
@Timeout(600)
class ImportLeaderChangeTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int TRANSACTIONS = 600;
  private static final Limits SMALL = Limits.DEFAULT.withTransactionsMax(10);

  @TempDir Path directory;

  @Test
  void run_leaderHandsOverAndAnotherIsKilled_importsEachTransactionOnce() throws Exception {
    Path file = ExampleFile.write(directory.resolve("Data.fs"), TRANSACTIONS);
    ClusterLayout layout = ClusterLayout.onFreePorts(directory.resolve("nodes"), 3);
    try (LocalCluster cluster = LocalCluster.start(layout);
        TroikaClient client =
            TroikaClient.builder()
                .endpoints(layout.endpoints())
                .callTimeout(PATIENCE)
                .runTimeout(PATIENCE)
                .build()) {
      await()
          .atMost(PATIENCE)
          .ignoreExceptionsInstanceOf(TroikaException.class)
          .until(() -> client.store("main").info().transactionCount() == 0);
      ObjectStore store = client.store("main");
      CheckedFile checked = FileStorageImport.check(file, store, TransactionProgress.NONE);
      LeaderLoss loss = new LeaderLoss(cluster, client);

      FileStorageImport.run(checked, store, loss, SMALL);

      assertThat(loss.transferred && loss.killed).isTrue();
      assertThat(ImportVerification.run(checked, store, TransactionProgress.NONE).differences())
          .isEmpty();
      assertThat(store.info().transactionCount()).isEqualTo(TRANSACTIONS);
      cluster.restart(loss.leader);
      await()
          .atMost(PATIENCE)
          .ignoreExceptionsInstanceOf(TroikaException.class)
          .until(() -> isEqualOnThree(client.admin().verify("main", PATIENCE)));
    }
  }

  private static boolean isEqualOnThree(VerifyReport report) {
    return report.equal()
        && report.replicas().stream().filter(each -> each.problem().isEmpty()).count() == 3;
  }

  /** A planned transfer after a third, and the end of the next leader after two thirds. */
  private static final class LeaderLoss implements TransactionProgress {
    private final LocalCluster cluster;
    private final TroikaClient client;
    private String leader = "";
    private boolean transferred;
    private boolean killed;

    LeaderLoss(LocalCluster cluster, TroikaClient client) {
      this.cluster = cluster;
      this.client = client;
    }

    @Override
    public void advanced(long positionBytes, long endBytes) {
      if (!transferred && positionBytes > endBytes / 3) {
        transferred = true;
        leader = client.admin().transferLeadership("").nodeId();
      } else if (!killed && positionBytes > endBytes / 3 * 2) {
        killed = true;
        leader =
            await()
                .atMost(PATIENCE)
                .until(() -> client.admin().status().leader().nodeId(), id -> !id.isEmpty());
        cluster.kill(leader);
      }
    }
  }
}
