package io.troika.server.filestorage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionMetadata;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileStorageWriterTest {
  private static final Tid FIRST = new Tid(100);
  private static final Oid OID = new Oid(7);

  @TempDir private Path directory;

  @Test
  void create_fileExists_leavesItAlone() throws IOException {
    Path file = Files.writeString(directory.resolve("Data.fs"), "precious");

    assertThatThrownBy(() -> FileStorageWriter.create(file))
        .isInstanceOf(FileAlreadyExistsException.class);
    assertThat(file).hasContent("precious");
  }

  @Test
  void beginTransaction_tidNotGreater_isRefused() throws IOException {
    try (FileStorageWriter writer = writer()) {
      writer.beginTransaction(FIRST, ' ', TransactionMetadata.EMPTY);
      writer.endTransaction();

      assertThatThrownBy(() -> writer.beginTransaction(FIRST, ' ', TransactionMetadata.EMPTY))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("tid 0x64: expected more than 0x64");
    }
  }

  @Test
  void beginTransaction_statusOfNoFinishedTransaction_isRefused() throws IOException {
    try (FileStorageWriter writer = writer()) {
      assertThatThrownBy(() -> writer.beginTransaction(FIRST, 'c', TransactionMetadata.EMPTY))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void write_outOfTurn_isRefused() throws IOException {
    try (FileStorageWriter writer = writer()) {
      assertThatThrownBy(() -> writer.writeAbsent(OID))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(writer::endTransaction).isInstanceOf(IllegalArgumentException.class);
      writer.beginTransaction(FIRST, ' ', TransactionMetadata.EMPTY);
      assertThatThrownBy(
              () -> writer.beginTransaction(FIRST.next(), ' ', TransactionMetadata.EMPTY))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void writeData_empty_isRefused() throws IOException {
    try (FileStorageWriter writer = writer()) {
      writer.beginTransaction(FIRST, ' ', TransactionMetadata.EMPTY);

      assertThatThrownBy(() -> writer.writeData(OID, Bytes.EMPTY))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("0x7");
    }
  }

  @Test
  void writeShared_noSuchRevision_isRefused() throws IOException {
    try (FileStorageWriter writer = writer()) {
      writer.beginTransaction(FIRST, ' ', TransactionMetadata.EMPTY);
      writer.writeData(OID, Bytes.utf8("x"));
      writer.endTransaction();
      writer.beginTransaction(FIRST.next(), ' ', TransactionMetadata.EMPTY);

      assertThatThrownBy(() -> writer.writeShared(OID, new Tid(99)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("oid 0x7: no revision at 0x63 in the file");
      assertThatThrownBy(() -> writer.writeShared(new Oid(8), FIRST))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void close_transactionNotEnded_cutsItOff() throws IOException {
    Path file = directory.resolve("Data.fs");
    long end;
    try (FileStorageWriter writer = FileStorageWriter.create(file)) {
      writer.beginTransaction(FIRST, ' ', TransactionMetadata.EMPTY);
      end = writer.endTransaction();
      writer.beginTransaction(FIRST.next(), ' ', TransactionMetadata.EMPTY);
      writer.writeData(OID, Bytes.wrap(new byte[3 << 20]));
    }

    assertThat(Files.size(file)).isEqualTo(end);
  }

  @Test
  void force_transactionNotEnded_leavesATornTail() throws IOException {
    Path file = directory.resolve("Data.fs");
    try (FileStorageWriter writer = FileStorageWriter.create(file)) {
      writer.beginTransaction(FIRST, ' ', TransactionMetadata.EMPTY);
      long end = writer.endTransaction();
      writer.beginTransaction(FIRST.next(), ' ', TransactionMetadata.EMPTY);
      writer.writeData(OID, Bytes.utf8("half"));
      writer.force();

      FileStorageSummary summary = FileStorageReader.scan(file, ReadSettings.DEFAULT);

      assertThat(summary.end()).isEqualTo(end);
      LeftOver leftOver = summary.leftOver();
      assertThat(leftOver == null ? null : leftOver.reason())
          .isEqualTo(LeftOver.Reason.TRANSACTION_UNFINISHED);
    }
  }

  @Test
  void oidPositions_manyOids_findsEachAndNoOther() {
    OidPositions positions = new OidPositions();
    Random random = new Random(7);
    long[] oids = new long[50_000];
    for (int i = 0; i < oids.length; i++) {
      // Half consecutive, half spread, 0 and -1 among them.
      oids[i] = i % 2 == 0 ? i / 2 - 1 : random.nextLong();
      positions.put(oids[i], i + 1);
    }

    for (int i = 0; i < oids.length; i++) {
      assertThat(positions.get(oids[i])).isEqualTo(i + 1);
    }
    assertThat(positions.get(1L << 40)).isEqualTo(OidPositions.NONE);
  }

  private FileStorageWriter writer() throws IOException {
    return FileStorageWriter.create(directory.resolve("Data.fs"));
  }
}
