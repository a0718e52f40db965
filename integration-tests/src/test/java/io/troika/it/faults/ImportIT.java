package io.troika.it.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.client.ObjectStore;
import io.troika.client.TransactionQuery;
import io.troika.client.TransactionRecord;
import io.troika.client.TroikaException;
import io.troika.it.cluster.ChildProcesses;
import io.troika.it.cluster.ClusterProbe;
import io.troika.it.cluster.NodeProcess;
import io.troika.it.cluster.ProcessCluster;
import io.troika.server.cli.TroikaCommand;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.filestorage.FileStorageWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code troika import} of a Data.fs, and what is killed in the middle of it. */
@Timeout(value = 25, unit = TimeUnit.MINUTES)
class ImportIT {
  /** Some 40 MB, in batches of about 95. */
  private static final int TRANSACTIONS = 4_000;

  private static final int DATA_BYTES = 10_000;
  private static final int IN_THE_MIDDLE = 400;
  private static final long FIRST_TID = 0x03f4_7f97_0000_0000L;
  private static final Duration END = Duration.ofMinutes(8);
  private static final Duration POLL = Duration.ofMillis(10);

  @TempDir Path directory;

  @Test
  void leaderKilled_inTheMiddle_importEndsWell_nothingLostNothingDoubled() throws Exception {
    Path file = writeFile();
    try (ProcessCluster cluster = ProcessCluster.start(directory, 3);
        ClusterProbe probe = new ClusterProbe(cluster)) {
      probe.awaitWhole();
      Path output = directory.resolve("import.txt");
      Process running = startImport(cluster, file, output);
      try {
        awaitTheMiddle(probe, running);
        NodeProcess leader = probe.leader();
        leader.kill();

        assertThat(exitCode(running)).as(() -> textOf(output)).isZero();
        assertThat(textOf(output))
            .contains("Imported 4,000 transactions", "Read back 4,000 transactions")
            .endsWith(": equal\n");
        leader.start();
        probe.awaitWhole();
        assertAllThereOnce(probe);
      } finally {
        running.destroyForcibly().waitFor();
      }
    }
  }

  @Test
  void importKilled_startedAgain_goesOnBehindWhatIsThere() throws Exception {
    Path file = writeFile();
    try (ProcessCluster cluster = ProcessCluster.start(directory, 3);
        ClusterProbe probe = new ClusterProbe(cluster)) {
      probe.awaitWhole();
      Process first = startImport(cluster, file, directory.resolve("first.txt"));
      try {
        awaitTheMiddle(probe, first);
      } finally {
        first.destroyForcibly().waitFor(); // SIGKILL
      }
      assertThat(count(probe)).as("killed while it ran").isLessThan(TRANSACTIONS);

      Path output = directory.resolve("second.txt");
      Process second = startImport(cluster, file, output);
      try {
        assertThat(exitCode(second)).as(() -> textOf(output)).isZero();
      } finally {
        second.destroyForcibly().waitFor();
      }
      assertThat(textOf(output))
          .contains(" transactions are there already", "Read back 4,000 transactions")
          .doesNotContain("Imported 4,000")
          .endsWith(": equal\n");
      assertAllThereOnce(probe);
    }
  }

  /** A new object in each transaction, and a new revision of the root. */
  private Path writeFile() throws IOException {
    Path path = directory.resolve("Data.fs");
    Random random = new Random(11);
    try (FileStorageWriter writer = FileStorageWriter.create(path)) {
      for (int i = 1; i <= TRANSACTIONS; i++) {
        byte[] data = new byte[DATA_BYTES];
        random.nextBytes(data);
        writer.beginTransaction(
            new Tid(tid(i)),
            ' ',
            new TransactionMetadata(Bytes.utf8("user"), Bytes.utf8("edit " + i), Bytes.EMPTY));
        writer.writeData(Oid.ROOT, Bytes.utf8("root " + i));
        writer.writeData(new Oid(i), Bytes.wrap(data));
        writer.endTransaction();
      }
    }
    return path;
  }

  private static long tid(int number) {
    return FIRST_TID + ((long) number << 8);
  }

  private static Process startImport(ProcessCluster cluster, Path file, Path output)
      throws IOException {
    return new ProcessBuilder(
            ChildProcesses.java(
                List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"),
                TroikaCommand.class,
                List.of("import", file.toString(), "--endpoints", cluster.endpoints())))
        .redirectErrorStream(true)
        .redirectOutput(output.toFile())
        .start();
  }

  private static int exitCode(Process process) throws InterruptedException {
    assertThat(process.waitFor(END.toSeconds(), TimeUnit.SECONDS)).as("it ends").isTrue();
    return process.exitValue();
  }

  private static String textOf(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static void awaitTheMiddle(ClusterProbe probe, Process running) {
    long there =
        await()
            .atMost(END)
            .pollInterval(POLL)
            .ignoreExceptionsInstanceOf(TroikaException.class)
            .until(() -> count(probe), count -> count >= IN_THE_MIDDLE || !running.isAlive());
    assertThat(there).isBetween((long) IN_THE_MIDDLE, TRANSACTIONS - 1L);
  }

  private static long count(ClusterProbe probe) {
    return probe.client().store("main").info().transactionCount();
  }

  /** Independent of what the import itself has read back. */
  private static void assertAllThereOnce(ClusterProbe probe) {
    ObjectStore store = probe.client().store("main");
    List<Long> expected = new ArrayList<>();
    for (int i = 1; i <= TRANSACTIONS; i++) {
      expected.add(tid(i));
    }
    try (Stream<TransactionRecord> all =
        store.transactions(TransactionQuery.after(io.troika.client.Tid.NONE))) {
      assertThat(all.map(each -> each.tid().value()).sorted().toList()).isEqualTo(expected);
    }
    assertThat(count(probe)).isEqualTo(TRANSACTIONS);
    assertThat(store.view().read(io.troika.client.Oid.ROOT).toUtf8())
        .isEqualTo("root " + TRANSACTIONS);
    probe.assertReplicasEqual();
  }
}
