package io.troika.server.cli.drill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.client.Codec;
import io.troika.client.Oid;
import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import io.troika.client.UnavailableException;
import io.troika.server.node.ClusterLayout;
import io.troika.server.node.LocalCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(600)
final class DrillTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** What a busy machine needs at most; how fast it is, is measured elsewhere. */
  private static final Duration GENEROUS = Duration.ofSeconds(50);

  @TempDir Path directory;

  private static TroikaClient connect(ClusterLayout layout) {
    return TroikaClient.builder()
        .endpoints(layout.endpoints())
        .callTimeout(PATIENCE)
        .runTimeout(PATIENCE)
        .build();
  }

  @Test
  void run_threeNodes_handsOverWithoutAFailedCallAndMeasuresEachClient()
      throws IOException, InterruptedException {
    ClusterLayout layout = ClusterLayout.onFreePorts(directory, 3);
    try (LocalCluster cluster = LocalCluster.start(layout);
        TroikaClient client = connect(layout)) {
      await()
          .atMost(PATIENCE)
          .ignoreExceptionsInstanceOf(TroikaException.class)
          .until(() -> client.store("main").info().transactionCount() == 0);
      Oid oid = client.store("main").run(tx -> tx.create("a", Codec.UTF8));
      String before = client.admin().status().leader().nodeId();
      Runnable reads = () -> client.store("main").view().close();
      Runnable writes =
          () -> {
            var unused = client.store("main").run(tx -> tx.write(oid, "b", Codec.UTF8));
          };

      DrillResult result =
          new Drill(client.admin(), "g0", "", GENEROUS, PATIENCE).run(List.of(reads, writes));

      assertThat(result.from()).isEqualTo(before);
      assertThat(result.to()).isNotEqualTo(before).startsWith("n");
      assertThat(client.admin().status().leader().nodeId()).isEqualTo(result.to());
      assertThat(result.isGood()).as(result.verdict()).isTrue();
      assertThat(result.clients())
          .hasSize(2)
          .allSatisfy(
              each -> {
                assertThat(each.calls()).isGreaterThanOrEqualTo(100);
                assertThat(each.gap()).isPositive();
                assertThat(each.usual()).isPositive();
              });
      assertThat(result.gap()).isLessThanOrEqualTo(result.worst());
      assertThat(cluster.nodes()).hasSize(3);
    }
  }

  @Test
  void run_oneCallFails_isNotGoodAndSaysWhy() throws IOException, InterruptedException {
    ClusterLayout layout = ClusterLayout.onFreePorts(directory, 3);
    AtomicBoolean failed = new AtomicBoolean();
    try (LocalCluster cluster = LocalCluster.start(layout);
        TroikaClient client = connect(layout)) {
      Runnable failsOnce =
          () -> {
            if (failed.compareAndSet(false, true)) {
              throw new UnavailableException("nobody there", null);
            }
          };

      DrillResult result =
          new Drill(client.admin(), "g0", "", GENEROUS, PATIENCE).run(List.of(failsOnce));

      assertThat(result.isGood()).isFalse();
      assertThat(result.failed()).isEqualTo(1);
      assertThat(result.verdict()).startsWith("Not good: 1 calls failed; the first: nobody there");
      assertThat(cluster.nodes()).hasSize(3);
    }
  }

  @Test
  void result_gapOverTheBound_isNotGood() {
    DrillResult.Client client =
        new DrillResult.Client(100, 0, "", Duration.ofMillis(1_001), Duration.ofMillis(9));
    Duration bound = Duration.ofSeconds(1);

    assertThat(
            new DrillResult(
                    "g0", "n1", "n2", 2, Duration.ZERO, Duration.ZERO, bound, List.of(client))
                .isGood())
        .isFalse();
    assertThat(
            new DrillResult(
                    "g0",
                    "n1",
                    "n2",
                    2,
                    Duration.ZERO,
                    Duration.ZERO,
                    bound.plusMillis(1),
                    List.of(client))
                .isGood())
        .isTrue();
  }

  @Test
  void gaps_longest_isBetweenAnswersOrUpToTheEnd() {
    Gaps gaps = new Gaps();
    assertThat(gaps.longest(10, 50)).isEqualTo(40);
    for (long at : new long[] {5, 8, 20, 21}) {
      gaps.answered(at);
    }
    assertThat(gaps.longest(10, 22)).isEqualTo(12);
    assertThat(gaps.longest(10, 50)).isEqualTo(29);
    assertThat(gaps.longest(0, 9)).isEqualTo(5);
    assertThat(gaps.countAfter(8)).isEqualTo(2);

    Gaps other = new Gaps();
    other.answered(12);
    assertThat(Gaps.merged(List.of(gaps, other)).longest(10, 22)).isEqualTo(8);
    assertThat(Gaps.merged(List.of()).longest(10, 22)).isEqualTo(12);
  }
}
