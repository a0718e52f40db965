package io.troika.server.filestorage;

import static java.util.Objects.requireNonNull;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Seconds to go through a file of {@link #megabytes}; one in ten records is a back pointer. */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(value = 1, jvmArgs = "-Xmx512m") // for the writer: it keeps the places of 4 million objects
@Warmup(iterations = 1)
@Measurement(iterations = 5)
@State(Scope.Benchmark)
public class FileStorageBenchmark {
  private static final int RECORDS = 10;

  @Param("1024")
  public int megabytes;

  @Param({"200", "3000"})
  public int recordBytes;

  private @Nullable Path file;

  @Setup(Level.Trial)
  public void writeFile() throws IOException {
    file = Files.createTempFile("benchmark", ".fs");
    Files.delete(file);
    Bytes data = Bytes.wrap(new byte[recordBytes]);
    long target = (long) megabytes << 20;
    try (FileStorageWriter writer = FileStorageWriter.create(file)) {
      long end = 0;
      for (long tid = 1; end < target; tid++) {
        writer.beginTransaction(new Tid(tid), ' ', TransactionMetadata.EMPTY);
        for (int i = 0; i < RECORDS; i++) {
          Oid oid = new Oid(tid * RECORDS + i);
          if (i == 0 && tid > 1) {
            writer.writeShared(new Oid((tid - 1) * RECORDS + 1), new Tid(tid - 1));
          } else {
            writer.writeData(oid, data);
          }
        }
        end = writer.endTransaction();
      }
    }
  }

  @TearDown(Level.Trial)
  public void deleteFile() throws IOException {
    Files.delete(requireNonNull(file));
  }

  @Benchmark
  public FileStorageSummary scan() throws IOException {
    return FileStorageReader.scan(requireNonNull(file), ReadSettings.DEFAULT);
  }

  @Benchmark
  public long read() throws IOException {
    long bytes = 0;
    try (FileStorageReader reader =
        FileStorageReader.open(requireNonNull(file), ReadSettings.DEFAULT)) {
      while (reader.nextTransaction() != null) {
        for (DataRecord record = reader.nextRecord();
            record != null;
            record = reader.nextRecord()) {
          bytes +=
              record instanceof DataRecord.Data data
                  ? data.data().size()
                  : reader.readData((DataRecord.Shared) record).size();
        }
      }
    }
    return bytes;
  }

  @Benchmark
  public boolean skipThrough() throws IOException {
    try (FileStorageReader reader =
        FileStorageReader.open(requireNonNull(file), ReadSettings.DEFAULT)) {
      return reader.skipThrough(Tid.MAX);
    }
  }
}
