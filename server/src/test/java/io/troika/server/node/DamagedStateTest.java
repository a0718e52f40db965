package io.troika.server.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.client.Bytes;
import io.troika.client.Oid;
import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A replica that can't read what it has is none, whoever notices it. */
@Timeout(600)
final class DamagedStateTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int OBJECTS = 200;
  private static final int EACH_BYTES = 512;

  @TempDir Path directory;

  /** Small objects lie in tables, large ones in blob files. */
  @ParameterizedTest(name = "objects of {0} bytes")
  @ValueSource(ints = {2_000, 20_000})
  void aReadMeetsADamagedFile_nodeBreaks(int objectBytes) throws Exception {
    ClusterLayout layout = ClusterLayout.onFreePorts(directory, 1);
    try (LocalCluster cluster = LocalCluster.start(layout)) {
      List<Oid> oids = create(layout, objectBytes);
      cluster.stop("n1");
      Node whole = cluster.restart("n1");
      readAll(layout, oids);
      assertThat(whole.whenBroken()).isNotDone();

      cluster.stop("n1");
      damage(largestFile(layout.nodes().get(0).dataDirectory().resolve("state/g0/db")));
      Node damaged = cluster.restart("n1");

      assertThatThrownBy(() -> readAll(layout, oids))
          .isInstanceOf(TroikaException.class)
          .hasMessageContaining("damaged");
      assertThat(damaged.whenBroken().get(90, TimeUnit.SECONDS)).hasMessageContaining("damaged");
    }
  }

  private static List<Oid> create(ClusterLayout layout, int objectBytes) {
    Random random = new Random(7);
    try (TroikaClient client = WholeCluster.connect(layout.endpoints())) {
      WholeCluster.awaitIt(client, PATIENCE);
      return client
          .store("main")
          .run(
              tx -> {
                List<Oid> created = new ArrayList<>();
                for (int i = 0; i < OBJECTS; i++) {
                  byte[] data = new byte[objectBytes];
                  random.nextBytes(data);
                  created.add(tx.create(Bytes.copyOf(data)));
                }
                return created;
              });
    }
  }

  private static void readAll(ClusterLayout layout, List<Oid> oids) {
    try (TroikaClient client = WholeCluster.connect(layout.endpoints())) {
      assertThat(client.store("main").view().readAll(oids)).hasSize(oids.size());
    }
  }

  private static Path largestFile(Path database) throws IOException {
    try (Stream<Path> files = Files.list(database)) {
      return files
          .filter(file -> file.toString().endsWith(".sst") || file.toString().endsWith(".blob"))
          .max(Comparator.comparingLong(file -> file.toFile().length()))
          .orElseThrow();
    }
  }

  /**
   * The first half only: what says where things are, at the end, is looked at when it is opened.
   */
  private static void damage(Path file) throws IOException {
    try (RandomAccessFile content = new RandomAccessFile(file.toFile(), "rw")) {
      for (long at = EACH_BYTES; at < content.length() / 2; at += EACH_BYTES) {
        content.seek(at);
        int value = content.read();
        content.seek(at);
        content.write(value ^ 1);
      }
    }
  }
}
