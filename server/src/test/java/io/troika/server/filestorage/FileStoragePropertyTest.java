package io.troika.server.filestorage;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterProperty;
import net.jqwik.api.lifecycle.BeforeProperty;
import org.jspecify.annotations.Nullable;

/** What must hold for any history that the writer can write, and for any damage to it. */
class FileStoragePropertyTest {
  private static final Tid FIRST_TID = Tid.parse("0x03f47f97a5555555");
  private static final int OIDS = 4;

  /** What to do to an object. SHARED falls back to DATA while there is nothing to share. */
  private enum Action {
    DATA,
    SHARED,
    ABSENT
  }

  private record Step(int oid, Action action, int size) {}

  private record Written(Tid tid, char status, TransactionMetadata metadata, long end) {}

  /** A file, and what was written to it: transactions, each followed by its records. */
  private record Example(Bytes file, List<Written> transactions, List<List<DataRecord>> records) {
    byte[] bytes() {
      return file.toByteArray();
    }

    List<Object> upTo(int transactionCount) {
      List<Object> items = new ArrayList<>();
      for (int i = 0; i < transactionCount; i++) {
        items.add(transactions.get(i));
        items.addAll(records.get(i));
      }
      return items;
    }

    List<Object> all() {
      return upTo(transactions.size());
    }
  }

  private @Nullable Path directory;
  private int files;

  @BeforeProperty
  void makeDirectory() throws IOException {
    directory = Files.createTempDirectory("filestorage");
  }

  @AfterProperty
  void deleteDirectory() throws IOException {
    try (var all = Files.walk(directory())) {
      for (Path path : all.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(path);
      }
    }
  }

  @Provide
  Arbitrary<List<List<Step>>> histories() {
    Arbitrary<Step> step =
        Combinators.combine(
                Arbitraries.integers().between(0, OIDS - 1),
                Arbitraries.of(Action.class),
                Arbitraries.integers().between(1, 120))
            .as(Step::new);
    return step.list().ofMaxSize(6).list().ofMaxSize(8);
  }

  @Property(tries = 150)
  void reader_anyHistory_givesWhatWasWritten(@ForAll("histories") List<List<Step>> history)
      throws IOException {
    Example example = write(history);

    FileStorageSummary[] summary = new FileStorageSummary[1];
    List<Object> read = read(fileOf(example.bytes()), summary);

    assertThat(read).isEqualTo(example.all());
    assertThat(summary[0].leftOver()).isNull();
    assertThat(summary[0].end()).isEqualTo(example.bytes().length);
    assertThat(summary[0].transactions()).isEqualTo(example.transactions().size());
  }

  @Property(tries = 5)
  void reader_cutAtEachByte_givesTheWholeTransactionsBefore(
      @ForAll("histories") List<List<Step>> history) throws IOException {
    Example example = write(history);
    byte[] bytes = example.bytes();
    int whole = 0;
    long end = FileStorageFormat.START;
    for (int size = (int) FileStorageFormat.START; size <= bytes.length; size++) {
      if (whole < example.transactions().size()
          && size == example.transactions().get(whole).end()) {
        end = size;
        whole++;
      }
      FileStorageSummary[] summary = new FileStorageSummary[1];

      List<Object> read = read(fileOf(Arrays.copyOf(bytes, size)), summary);

      assertThat(read).isEqualTo(example.upTo(whole));
      assertThat(summary[0].end()).isEqualTo(end);
      LeftOver leftOver = summary[0].leftOver();
      assertThat(leftOver == null ? 0 : leftOver.sizeBytes()).isEqualTo(size - end);
    }
  }

  @Property(tries = 200)
  void reader_anyBytesChanged_throwsNothingButTheDocumentedException(
      @ForAll("histories") List<List<Step>> history, @ForAll long seed) throws IOException {
    byte[] bytes = write(history).bytes();
    Random random = new Random(seed);
    int changes = 1 + random.nextInt(3);
    for (int i = 0; i < changes; i++) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }
    Path file = fileOf(bytes);

    for (ReadSettings settings : List.of(ReadSettings.DEFAULT, ReadSettings.AS_FILE_STORAGE)) {
      FileStorageTranscript read = FileStorageTranscript.of(file, settings);
      FileStorageException refusal = read.refusal();
      if (refusal != null) {
        assertThat(refusal.position()).isBetween(0L, (long) bytes.length);
        assertThat(refusal).hasMessageContaining("expected").hasMessageContaining("found");
      }
    }
  }

  @Property(tries = 100)
  void reader_resumedAfterAnyTransaction_givesTheRest(@ForAll("histories") List<List<Step>> history)
      throws IOException {
    Example example = write(history);
    Path file = fileOf(example.bytes());
    List<String> all = FileStorageTranscript.of(file, ReadSettings.DEFAULT).lines();

    int line = 0;
    for (int i = 0; i < example.transactions().size(); i++) {
      Written written = example.transactions().get(i);
      line += 1 + example.records().get(i).size();
      try (FileStorageReader resumed = FileStorageReader.open(file, ReadSettings.DEFAULT);
          FileStorageReader skipped = FileStorageReader.open(file, ReadSettings.DEFAULT)) {
        resumed.resumeAt(written.end(), written.tid());
        assertThat(skipped.skipThrough(written.tid())).isTrue();

        List<String> rest = all.subList(line, all.size());
        assertThat(FileStorageTranscript.rest(resumed)).isEqualTo(rest);
        assertThat(FileStorageTranscript.rest(skipped)).isEqualTo(rest);
      }
    }
  }

  private List<Object> read(Path file, FileStorageSummary[] summary) throws IOException {
    List<Object> items = new ArrayList<>();
    try (FileStorageReader reader = FileStorageReader.open(file, ReadSettings.DEFAULT)) {
      for (FileTransaction transaction = reader.nextTransaction();
          transaction != null;
          transaction = reader.nextTransaction()) {
        items.add(
            new Written(
                transaction.tid(),
                transaction.status(),
                transaction.metadata(),
                transaction.end()));
        for (DataRecord record = reader.nextRecord();
            record != null;
            record = reader.nextRecord()) {
          items.add(record);
        }
      }
      summary[0] = reader.summary();
    }
    return items;
  }

  /** Writes the history and, beside it, keeps what a reader has to give: the naive model. */
  private Example write(List<List<Step>> history) throws IOException {
    Path file = directory().resolve("written-" + files++);
    List<Written> transactions = new ArrayList<>();
    List<List<DataRecord>> records = new ArrayList<>();
    Map<Oid, DataRecord> last = new HashMap<>();
    Tid tid = FIRST_TID;
    try (FileStorageWriter writer = FileStorageWriter.create(file)) {
      for (List<Step> steps : history) {
        tid = tid.next();
        char status = steps.size() % 2 == 0 ? ' ' : 'p';
        TransactionMetadata metadata =
            new TransactionMetadata(
                Bytes.utf8("user " + steps.size()),
                steps.isEmpty() ? Bytes.EMPTY : Bytes.utf8("steps"),
                Bytes.wrap(new byte[steps.size() * 3]));
        writer.beginTransaction(tid, status, metadata);
        Map<Oid, DataRecord> now = new HashMap<>();
        List<DataRecord> written = new ArrayList<>();
        for (Step step : steps) {
          Oid oid = new Oid(step.oid());
          DataRecord record = write(writer, oid, tid, step, last.get(oid));
          now.put(oid, record);
          written.add(record);
        }
        last.putAll(now);
        records.add(written);
        transactions.add(new Written(tid, status, metadata, writer.endTransaction()));
      }
    }
    return new Example(Bytes.wrap(Files.readAllBytes(file)), transactions, records);
  }

  private static DataRecord write(
      FileStorageWriter writer, Oid oid, Tid tid, Step step, @Nullable DataRecord earlier)
      throws IOException {
    if (step.action() == Action.ABSENT) {
      return new DataRecord.Absent(oid, tid, writer.writeAbsent(oid), null);
    }
    if (step.action() == Action.DATA || earlier == null) {
      byte[] data = new byte[step.size()];
      new Random(step.size()).nextBytes(data);
      return new DataRecord.Data(
          oid, tid, writer.writeData(oid, Bytes.wrap(data)), Bytes.wrap(data));
    }
    long position = writer.writeShared(oid, earlier.tid());
    if (earlier instanceof DataRecord.Data data) {
      long dataPosition = data.position() + FileStorageFormat.DataHeader.BYTES;
      return new DataRecord.Shared(
          oid, tid, position, data.tid(), data.tid(), dataPosition, data.data().size());
    }
    if (earlier instanceof DataRecord.Shared shared) {
      return new DataRecord.Shared(
          oid,
          tid,
          position,
          shared.tid(),
          shared.dataTid(),
          shared.dataPosition(),
          shared.dataSizeBytes());
    }
    return new DataRecord.Absent(oid, tid, position, earlier.tid());
  }

  private Path fileOf(byte[] bytes) throws IOException {
    Path file = directory().resolve("read-" + files++ % 2);
    return Files.write(file, bytes);
  }

  private Path directory() {
    return requireNonNull(directory);
  }
}
