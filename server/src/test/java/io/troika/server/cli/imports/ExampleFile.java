package io.troika.server.cli.imports;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.filestorage.FileStorageWriter;
import java.io.IOException;
import java.nio.file.Path;

/** Data.fs files for tests, written transaction by transaction. */
public final class ExampleFile implements AutoCloseable {
  private static final long FIRST = 0x03f4_7f97_0000_0000L;

  private final FileStorageWriter writer;

  private ExampleFile(FileStorageWriter writer) {
    this.writer = writer;
  }

  public static ExampleFile create(Path path) throws IOException {
    return new ExampleFile(FileStorageWriter.create(path));
  }

  /** A file of this many transactions; every third one undoes, every tenth deletes. */
  public static Path write(Path path, int transactions) throws IOException {
    try (ExampleFile file = create(path)) {
      file.history(1, transactions);
    }
    return path;
  }

  /** Transactions number {@code first} to {@code last} of a history that is always the same. */
  public void history(int first, int last) throws IOException {
    for (int i = first; i <= last; i++) {
      begin(i, ' ', "edit " + i);
      writer.writeData(new Oid(i), Bytes.utf8("object " + i));
      if (i % 3 == 0) {
        writer.writeShared(new Oid(i - 2), tid(i - 2));
      } else if (i % 10 == 0) {
        writer.writeAbsent(new Oid(i - 1));
      }
      writer.endTransaction();
    }
  }

  /** The tid of transaction {@code number}. */
  public static Tid tid(int number) {
    return new Tid(FIRST + ((long) number << 8));
  }

  /** The same as a client's value. */
  public static io.troika.client.Tid clientTid(int number) {
    return new io.troika.client.Tid(tid(number).value());
  }

  void begin(int number, char status, String description) throws IOException {
    TransactionMetadata metadata =
        new TransactionMetadata(
            Bytes.utf8("user " + number % 5), Bytes.utf8(description), Bytes.utf8("}q" + number));
    writer.beginTransaction(tid(number), status, metadata);
  }

  FileStorageWriter writer() {
    return writer;
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }
}
