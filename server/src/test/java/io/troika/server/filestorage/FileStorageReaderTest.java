package io.troika.server.filestorage;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionMetadata;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class FileStorageReaderTest {
  private static final Tid FIRST = Tid.parse("0x03f47f97a5555555");
  private static final Tid SECOND = FIRST.next();
  private static final Tid THIRD = SECOND.next();
  private static final Oid OID = new Oid(0x2a);

  // The file of setUp: three transactions of one record each, without user, description, extension.
  private static final int FIRST_POSITION = 4;
  private static final int HEADER = 23;
  private static final int RECORD_HEADER = 42;
  private static final int SECOND_POSITION = FIRST_POSITION + HEADER + RECORD_HEADER + 4 + 8;
  private static final int THIRD_POSITION = SECOND_POSITION + HEADER + RECORD_HEADER + 6 + 8;
  private static final int END = THIRD_POSITION + HEADER + RECORD_HEADER + 8 + 8;
  private static final int SECOND_RECORD = SECOND_POSITION + HEADER;
  private static final int THIRD_RECORD = THIRD_POSITION + HEADER;

  @TempDir private Path directory;
  private Path file;

  @BeforeEach
  void setUp() throws IOException {
    file = directory.resolve("Data.fs");
    try (FileStorageWriter writer = FileStorageWriter.create(file)) {
      writer.beginTransaction(FIRST, ' ', TransactionMetadata.EMPTY);
      writer.writeData(OID, Bytes.utf8("four"));
      writer.endTransaction();
      writer.beginTransaction(SECOND, ' ', TransactionMetadata.EMPTY);
      writer.writeData(OID, Bytes.utf8("sixsix"));
      writer.endTransaction();
      writer.beginTransaction(THIRD, ' ', TransactionMetadata.EMPTY);
      writer.writeShared(OID, FIRST);
      writer.endTransaction();
    }
    assertThat(Files.size(file)).isEqualTo(END);
  }

  @Test
  void scan_wholeFile_countsAll() throws IOException {
    assertThat(FileStorageReader.scan(file, ReadSettings.DEFAULT))
        .isEqualTo(
            new FileStorageSummary(
                END, END, THIRD, 3, 0, 3, 10, 6, END - THIRD_POSITION, 0, List.of(), null));
  }

  @Test
  void nextRecord_backPointer_namesTheTransactionWithTheDataAndReadsIt() throws IOException {
    try (FileStorageReader reader = FileStorageReader.open(file, ReadSettings.DEFAULT)) {
      assertThat(reader.skipThrough(SECOND)).isTrue();
      assertThat(requireNonNull(reader.nextTransaction()).tid()).isEqualTo(THIRD);

      DataRecord.Shared shared = (DataRecord.Shared) requireNonNull(reader.nextRecord());

      assertThat(shared.dataTid()).isEqualTo(FIRST);
      assertThat(shared.targetTid()).isEqualTo(FIRST);
      assertThat(reader.readData(shared)).isEqualTo(Bytes.utf8("four"));
      assertThat(reader.nextRecord()).isNull();
      assertThat(reader.position()).isEqualTo(END);
      assertThat(reader.nextTransaction()).isNull();
    }
  }

  @Test
  void nextRecord_largerThanTheLimit_isRefusedNamingBoth() throws IOException {
    ReadSettings settings = ReadSettings.DEFAULT.withRecordSizeMaxBytes(5);
    try (FileStorageReader reader = FileStorageReader.open(file, settings)) {
      assertThat(reader.skipThrough(FIRST)).isTrue();
      assertThat(reader.nextTransaction()).isNotNull();

      assertThatThrownBy(reader::nextRecord)
          .isInstanceOf(FileStorageException.class)
          .hasMessage(
              "%s at position %d: size of a data record: expected at most 5 bytes, found 6"
                  .formatted(file, SECOND_RECORD));
    }
    assertThat(FileStorageReader.scan(file, settings).dataSizeMaxBytes()).isEqualTo(6);
  }

  @Test
  void open_fileOfSomethingElse_isRefused() throws IOException {
    Path other = Files.writeString(directory.resolve("other"), "SQLite format 3");

    FileStorageException refusal = refusal(other, ReadSettings.DEFAULT);

    assertThat(refusal.defect()).isEqualTo(Defect.MAGIC);
    assertThat(refusal.found()).isEqualTo("0x53514c69");
  }

  @Test
  void open_emptyFile_holdsNothing() throws IOException {
    Path empty = Files.createFile(directory.resolve("empty"));

    FileStorageSummary summary = FileStorageReader.scan(empty, ReadSettings.DEFAULT);

    assertThat(summary.transactions()).isZero();
    assertThat(summary.leftOver()).isNull();
  }

  @Test
  void resumeAt_endOfAnotherTransaction_isRefused() throws IOException {
    for (long end : new long[] {SECOND_POSITION, SECOND_POSITION + 1, END, END + 1, 4, 0, -1}) {
      try (FileStorageReader reader = FileStorageReader.open(file, ReadSettings.DEFAULT)) {
        FileStorageException refusal =
            catchThrowableOfType(FileStorageException.class, () -> reader.resumeAt(end, SECOND));

        assertThat(refusal).as("end %s", end).isNotNull();
        assertThat(refusal.defect()).isEqualTo(Defect.RESUME_POSITION);
      }
    }
  }

  @Test
  void skipThrough_tidNotThere_stopsAfterTheLastSmallerOne() throws IOException {
    Path sparse = directory.resolve("sparse");
    try (FileStorageWriter writer = FileStorageWriter.create(sparse)) {
      for (long value : new long[] {10, 20, 30}) {
        writer.beginTransaction(new Tid(value), ' ', TransactionMetadata.EMPTY);
        writer.endTransaction();
      }
    }
    assertSkip(sparse, 5, false, 10);
    assertSkip(sparse, 10, true, 20);
    assertSkip(sparse, 25, false, 30);
    assertSkip(sparse, 30, true, 0);
    assertSkip(sparse, 35, false, 0);
  }

  /** {@code next} 0: no transaction follows. */
  private static void assertSkip(Path file, long tid, boolean met, long next) throws IOException {
    try (FileStorageReader reader = FileStorageReader.open(file, ReadSettings.DEFAULT)) {
      assertThat(reader.skipThrough(new Tid(tid))).as("tid %s", tid).isEqualTo(met);
      FileTransaction transaction = reader.nextTransaction();
      assertThat(transaction == null ? 0 : transaction.tid().value()).isEqualTo(next);
    }
  }

  @Test
  void reader_fileGrowsWhileRead_seesWhatWasThereWhenOpened() throws IOException {
    try (FileStorageReader reader = FileStorageReader.open(file, ReadSettings.DEFAULT)) {
      Files.write(file, new byte[100], StandardOpenOption.APPEND);

      assertThat(FileStorageTranscript.rest(reader)).hasSize(6);
      assertThat(reader.summary().leftOver()).isNull();
    }
  }

  @Test
  void reader_lengthTooLargeInTheMiddle_stopsThereAndSaysThatMoreFollows() throws IOException {
    damage(bytes -> bytes.putLong(SECOND_POSITION + 8, 1_000_000));

    LeftOver leftOver =
        requireNonNull(FileStorageReader.scan(file, ReadSettings.DEFAULT).leftOver());

    assertThat(leftOver.position()).isEqualTo(SECOND_POSITION);
    assertThat(leftOver.sizeBytes()).isEqualTo(END - SECOND_POSITION);
    assertThat(leftOver.reason()).isEqualTo(LeftOver.Reason.TRANSACTION_TORN);
    assertThat(leftOver.transactionsFollow()).isTrue();
    assertThat(leftOver.toString())
        .isEqualTo(
            "160 bytes from position 81 on are no whole transaction: the transaction there says it"
                + " is 1000000 + 8 bytes long; whole transactions seem to follow, which would be"
                + " lost");
  }

  @Test
  void reader_garbageAtTheEnd_isLeftOver() throws IOException {
    byte[] garbage = new byte[100];
    Files.write(file, garbage, StandardOpenOption.APPEND);

    LeftOver leftOver =
        requireNonNull(FileStorageReader.scan(file, ReadSettings.DEFAULT).leftOver());

    assertThat(leftOver.reason()).isEqualTo(LeftOver.Reason.HEADER_INVALID);
    assertThat(leftOver.position()).isEqualTo(END);
    assertThat(leftOver.transactionsFollow()).isFalse();
  }

  static Stream<Arguments> defects() {
    return Stream.of(
        defect(Defect.STATUS_NOT_ASCII, SECOND_POSITION, b -> b.put(SECOND_POSITION + 16, -96)),
        defect(Defect.TRANSACTION_LENGTH, SECOND_POSITION, b -> b.putLong(SECOND_POSITION + 8, 7)),
        defect(Defect.TRAILING_LENGTH, THIRD_POSITION - 8, b -> b.putLong(THIRD_POSITION - 8, 5)),
        defect(Defect.RECORD_LENGTH, SECOND_RECORD, b -> b.putLong(SECOND_RECORD + 34, 7)),
        defect(Defect.RECORD_LENGTH, SECOND_RECORD, b -> b.putLong(SECOND_RECORD + 34, -1)),
        defect(Defect.RECORD_LENGTH, SECOND_RECORD + 47, b -> b.putLong(SECOND_RECORD + 34, 5)),
        defect(Defect.RECORD_TRANSACTION, SECOND_RECORD, b -> b.putLong(SECOND_RECORD + 24, 4)),
        defect(Defect.RECORD_VERSION, SECOND_RECORD, b -> b.put(SECOND_RECORD + 33, 1)),
        defect(Defect.BACK_POINTER, THIRD_RECORD, b -> pointTo(b, THIRD_RECORD)),
        defect(Defect.BACK_POINTER, THIRD_RECORD, b -> pointTo(b, 1)),
        defect(Defect.BACK_POINTER, THIRD_RECORD, b -> pointTo(b, -1)),
        defect(Defect.BACK_POINTER, THIRD_RECORD, b -> pointTo(b, END + 100)),
        defect(Defect.BACK_POINTER, THIRD_RECORD, b -> pointTo(b, SECOND_RECORD + 1)),
        defect(Defect.BACK_POINTER, THIRD_RECORD, b -> b.putLong(FIRST_POSITION + HEADER, 0x2b)),
        defect(Defect.TID_RANGE, SECOND_POSITION, b -> b.putLong(SECOND_POSITION, -1)),
        defect(Defect.TID_ORDER, SECOND_POSITION, b -> b.putLong(SECOND_POSITION, FIRST.value())),
        defect(Defect.RECORD_TID, SECOND_RECORD, b -> b.putLong(SECOND_RECORD + 8, 5)),
        defect(Defect.STATUS_UNKNOWN, SECOND_POSITION, b -> b.put(SECOND_POSITION + 16, 'x')),
        defect(
            Defect.PREVIOUS_POSITION,
            SECOND_RECORD,
            b -> b.putLong(SECOND_RECORD + 16, SECOND_RECORD)));
  }

  private interface Damage {
    void to(Patch bytes);
  }

  /** Absolute puts, so that the table above reads well. */
  private record Patch(ByteBuffer bytes) {
    void put(int position, int value) {
      bytes.put(position, (byte) value);
    }

    void putLong(int position, long value) {
      bytes.putLong(position, value);
    }
  }

  private static Arguments defect(Defect defect, int position, Damage damage) {
    return Arguments.of(defect, position, damage);
  }

  private static void pointTo(Patch bytes, long position) {
    bytes.putLong(THIRD_RECORD + RECORD_HEADER, position);
  }

  @ParameterizedTest
  @MethodSource("defects")
  void reader_eachDefectNotTolerated_isRefusedWithItsPlace(
      Defect defect, int position, Damage damage) throws IOException {
    damage(bytes -> damage.to(new Patch(bytes)));
    ReadSettings strictest = new ReadSettings(1 << 20, Set.of());

    FileStorageException refusal = refusal(file, strictest);

    assertThat(refusal.defect()).as(refusal.getMessage()).isEqualTo(defect);
    assertThat(refusal.position()).isEqualTo(position);
    assertThat(refusal)
        .hasMessage(
            "%s at position %d: %s: expected %s, found %s"
                .formatted(file, position, defect.subject(), refusal.expected(), refusal.found()));
  }

  @ParameterizedTest
  @MethodSource("defects")
  void reader_eachDefectThatFileStorageAccepts_isNotedWithItsPlace(
      Defect defect, int position, Damage damage) throws IOException {
    damage(bytes -> damage.to(new Patch(bytes)));
    FileStorageTranscript read = FileStorageTranscript.of(file, ReadSettings.AS_FILE_STORAGE);

    if (defect.isTolerable()) {
      assertThat(read.summary().transactions()).isEqualTo(3);
      assertThat(read.summary().findings())
          .anyMatch(f -> f.defect() == defect && f.position() == position);
    } else {
      assertThat(requireNonNull(read.refusal()).defect()).isEqualTo(defect);
    }
  }

  @Test
  void summary_moreFindingsThanAreListed_countsAll() throws IOException {
    Path many = directory.resolve("many");
    int count = FileStorageReader.FINDINGS_MAX + 50;
    try (FileStorageWriter writer = FileStorageWriter.create(many)) {
      for (int i = 1; i <= count; i++) {
        writer.beginTransaction(new Tid(i), ' ', TransactionMetadata.EMPTY);
        writer.endTransaction();
      }
    }
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(many));
    for (int i = 0; i < count; i++) {
      bytes.put(FIRST_POSITION + i * (HEADER + 8) + 16, (byte) 'x');
    }
    Files.write(many, bytes.array());

    FileStorageSummary summary = FileStorageReader.scan(many, ReadSettings.DEFAULT);

    assertThat(summary.findingCount()).isEqualTo(count);
    assertThat(summary.findings()).hasSize(FileStorageReader.FINDINGS_MAX);
  }

  @Test
  void nextRecord_chainOfBackPointersTooLong_isRefused() throws IOException {
    Path chain = directory.resolve("chain");
    try (FileStorageWriter writer = FileStorageWriter.create(chain)) {
      writer.beginTransaction(new Tid(1), ' ', TransactionMetadata.EMPTY);
      writer.writeData(OID, Bytes.utf8("x"));
      writer.endTransaction();
      for (long tid = 2; tid <= BackPointers.STEPS_MAX + 2; tid++) {
        writer.beginTransaction(new Tid(tid), ' ', TransactionMetadata.EMPTY);
        writer.writeShared(OID, new Tid(tid - 1));
        writer.endTransaction();
      }
    }
    try (FileStorageReader reader = FileStorageReader.open(chain, ReadSettings.DEFAULT)) {
      assertThat(reader.skipThrough(new Tid(BackPointers.STEPS_MAX))).isTrue();
      assertThat(reader.nextTransaction()).isNotNull();
      assertThat(reader.nextRecord()).isInstanceOf(DataRecord.Shared.class);
      assertThat(reader.nextTransaction()).isNotNull();
      assertThatThrownBy(reader::nextRecord).hasMessageContaining("a chain of at most 100000");
    }
  }

  @Test
  void readSettings_toleratingDamage_isAMistake() {
    assertThatThrownBy(() -> new ReadSettings(1, Set.of(Defect.TRAILING_LENGTH)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new ReadSettings(0, Set.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private void damage(Consumer<ByteBuffer> change) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    change.accept(ByteBuffer.wrap(bytes));
    Files.write(file, bytes);
  }

  private static FileStorageException refusal(Path file, ReadSettings settings) throws IOException {
    return requireNonNull(FileStorageTranscript.of(file, settings).refusal());
  }
}
