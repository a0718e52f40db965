package io.troika.server.filestorage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionMetadata;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads far more than fits in a small heap, in a JVM of its own. */
class FileStorageMemoryTest {
  private static final int TRANSACTIONS = 600;
  private static final int RECORDS = 100;
  private static final int RECORD_BYTES = 5_000;
  private static final int LARGE_RECORD_BYTES = 16 << 20;
  private static final int SECONDS_MAX = 300;

  @Test
  void reader_300MegabytesInAHeapOf64_readsAll(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("Data.fs");
    writeFile(file);
    assertThat(file.toFile().length()).isGreaterThan(300_000_000);

    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-cp",
                location(FileStorageReader.class)
                    + File.pathSeparator
                    + location(FileStorageMemoryTest.class),
                Reading.class.getName(),
                file.toString())
            .redirectErrorStream(true)
            .start();
    try {
      String output = new String(process.getInputStream().readAllBytes(), UTF_8);

      assertThat(process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
      assertThat(output)
          .isEqualTo(
              "transactions 601, records 60001, bytes "
                  + ((long) TRANSACTIONS * RECORDS * RECORD_BYTES + LARGE_RECORD_BYTES));
      assertThat(process.exitValue()).isZero();
    } finally {
      process.destroyForcibly();
    }
  }

  /** What the small JVM runs. */
  static final class Reading {
    private Reading() {}

    public static void main(String[] args) throws IOException {
      long bytes = 0;
      try (FileStorageReader reader =
          FileStorageReader.open(Path.of(args[0]), ReadSettings.DEFAULT)) {
        while (reader.nextTransaction() != null) {
          for (DataRecord record = reader.nextRecord();
              record != null;
              record = reader.nextRecord()) {
            bytes += ((DataRecord.Data) record).data().size();
          }
        }
        FileStorageSummary summary = reader.summary();
        System.out.print(
            "transactions %d, records %d, bytes %d"
                .formatted(summary.transactions(), summary.records(), bytes));
      }
    }
  }

  private static void writeFile(Path file) throws IOException {
    Bytes data = Bytes.wrap(new byte[RECORD_BYTES]);
    try (FileStorageWriter writer = FileStorageWriter.create(file)) {
      for (int i = 1; i <= TRANSACTIONS; i++) {
        writer.beginTransaction(new Tid(i), ' ', TransactionMetadata.EMPTY);
        for (int j = 0; j < RECORDS; j++) {
          writer.writeData(new Oid((long) i * RECORDS + j), data);
        }
        writer.endTransaction();
      }
      writer.beginTransaction(new Tid(TRANSACTIONS + 1), ' ', TransactionMetadata.EMPTY);
      writer.writeData(Oid.ROOT, Bytes.wrap(new byte[LARGE_RECORD_BYTES]));
      writer.endTransaction();
    }
  }

  private static String location(Class<?> type) throws URISyntaxException {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
  }
}
