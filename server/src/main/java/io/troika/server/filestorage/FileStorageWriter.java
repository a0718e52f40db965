package io.troika.server.filestorage;

import static io.troika.server.core.model.Checks.requireArgument;
import static io.troika.server.filestorage.FileStorageFormat.STATUS_NORMAL;
import static io.troika.server.filestorage.FileStorageFormat.STATUS_PACKED;
import static io.troika.server.filestorage.FileStorageFormat.STATUS_UNFINISHED;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.filestorage.FileStorageFormat.DataHeader;
import io.troika.server.filestorage.FileStorageFormat.TransactionHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Writes a new {@code Data.fs} that ZODB opens, transactions in tid order. An object may occur more
 * than once in a transaction, as in FileStorage; the last one counts.
 *
 * <p>Invariants: a transaction carries status {@code c} until it is whole, so that a file cut off
 * anywhere is one with a torn tail; every data record names the object's previous one.
 *
 * <p>Memory: a buffer and the place of each object's last record, 22 to 43 bytes an object. Not
 * thread-safe. Nothing is durable before {@link #force}. The file is locked until it is closed.
 */
public final class FileStorageWriter implements AutoCloseable {
  private static final int BUFFER_BYTES = 1 << 20;

  private final AppendFile file;
  private final OidPositions lastRecords = new OidPositions();
  private Tid lastTid = Tid.NONE;
  private @Nullable TransactionHeader current;
  private long transactionPosition = FileStorageFormat.START;

  private FileStorageWriter(AppendFile file) {
    this.file = file;
  }

  /**
   * Begins a new file.
   *
   * @throws java.nio.file.FileAlreadyExistsException if there is one of that name
   */
  public static FileStorageWriter create(Path path) throws IOException {
    AppendFile file = new AppendFile(path, BUFFER_BYTES);
    ByteBuffer magic = ByteBuffer.allocate(FileStorageFormat.MAGIC_BYTES);
    file.append(magic.putInt(FileStorageFormat.MAGIC_PYTHON3).flip());
    return new FileStorageWriter(file);
  }

  /**
   * Deletes what an interrupted writer has left, if anything.
   *
   * @throws IOException if somebody is writing it; it is left alone then
   */
  public static void deleteLeftOver(Path path) throws IOException {
    try (FileChannel left = FileChannel.open(path, StandardOpenOption.WRITE)) {
      AppendFile.lock(path, left);
      Files.deleteIfExists(path);
    } catch (NoSuchFileException e) {
      return; // nothing is left
    }
  }

  /**
   * Begins a transaction.
   *
   * @param tid greater than that of the transaction before
   * @param status {@code ' '} or {@code 'p'}
   */
  public void beginTransaction(Tid tid, char status, TransactionMetadata metadata)
      throws IOException {
    requireArgument(current == null, "transaction %s has not ended", lastTid);
    requireArgument(tid.compareTo(lastTid) > 0, "tid %s: expected more than %s", tid, lastTid);
    requireArgument(
        status == STATUS_NORMAL || status == STATUS_PACKED,
        "status '%s': expected ' ' or 'p'",
        status);
    TransactionHeader header =
        new TransactionHeader(
            tid.value(),
            0,
            status,
            metadata.user().size(),
            metadata.description().size(),
            metadata.extension().size());
    transactionPosition = file.position();
    file.append(encode(header, 0, STATUS_UNFINISHED));
    file.append(metadata.user().asByteBuffer());
    file.append(metadata.description().asByteBuffer());
    file.append(metadata.extension().asByteBuffer());
    current = header;
    lastTid = tid;
  }

  /**
   * Adds an object with its data.
   *
   * @param data one byte or more: the format has no empty data
   * @return where the record is in the file
   */
  public long writeData(Oid oid, Bytes data) throws IOException {
    requireArgument(!data.isEmpty(), "oid %s: a FileStorage cannot hold empty data", oid);
    return writeRecord(oid, data.size(), data.asByteBuffer());
  }

  /**
   * Adds an object that has the data of its earlier revision written at {@code dataTid}.
   *
   * @return where the record is in the file
   * @throws IllegalArgumentException if there is no such revision in the file
   */
  public long writeShared(Oid oid, Tid dataTid) throws IOException {
    long position = findRevision(oid, dataTid);
    requireArgument(
        position != OidPositions.NONE, "oid %s: no revision at %s in the file", oid, dataTid);
    return writeRecord(oid, 0, pointer(position));
  }

  /** Adds an object as absent from here on: deleted, or its creation undone. Returns where. */
  public long writeAbsent(Oid oid) throws IOException {
    return writeRecord(oid, 0, pointer(0));
  }

  /**
   * Ends the transaction.
   *
   * @return where the next one begins
   */
  public long endTransaction() throws IOException {
    TransactionHeader header = requireTransaction();
    long length = file.position() - transactionPosition;
    file.append(ByteBuffer.allocate(FileStorageFormat.LENGTH_BYTES).putLong(length).flip());
    file.overwrite(transactionPosition, encode(header, length, header.status()));
    current = null;
    return file.position();
  }

  /** All ended transactions are on disk when this returns. */
  public void force() throws IOException {
    file.force();
  }

  /** Closes the file; a transaction that has not ended is cut off. */
  @Override
  public void close() throws IOException {
    try (file) {
      if (current != null) {
        file.truncate(transactionPosition);
        current = null;
      }
    }
  }

  /** Whether the object has a revision of that transaction, which has ended, in the file. */
  public boolean hasRevision(Oid oid, Tid tid) throws IOException {
    return findRevision(oid, tid) != OidPositions.NONE;
  }

  private long writeRecord(Oid oid, long dataSize, ByteBuffer body) throws IOException {
    TransactionHeader transaction = requireTransaction();
    long previous = previousOf(oid);
    DataHeader header =
        new DataHeader(oid.value(), transaction.tid(), previous, transactionPosition, 0, dataSize);
    long position = file.position();
    ByteBuffer bytes = ByteBuffer.allocate(DataHeader.BYTES);
    header.write(bytes);
    file.append(bytes.flip());
    file.append(body);
    lastRecords.put(oid.value(), position);
    return position;
  }

  /** The object's last record before this transaction, as FileStorage links them. */
  private long previousOf(Oid oid) throws IOException {
    long last = lastRecords.get(oid.value());
    return last < transactionPosition ? last : headerAt(last).previous();
  }

  private DataHeader headerAt(long position) throws IOException {
    return DataHeader.read(file.read(position, DataHeader.BYTES));
  }

  /** Walks back through the object's records, as undo seldom reaches far; NONE if it is not met. */
  private long findRevision(Oid oid, Tid tid) throws IOException {
    long position = previousOf(oid);
    while (position != OidPositions.NONE) {
      DataHeader header = headerAt(position);
      if (header.tid() == tid.value()) {
        return position;
      }
      position = header.previous();
    }
    return OidPositions.NONE;
  }

  private TransactionHeader requireTransaction() {
    TransactionHeader transaction = current;
    if (transaction == null) {
      throw new IllegalArgumentException("no transaction has begun");
    }
    return transaction;
  }

  private static ByteBuffer pointer(long position) {
    return ByteBuffer.allocate(FileStorageFormat.POINTER_BYTES).putLong(position).flip();
  }

  private static ByteBuffer encode(TransactionHeader header, long length, char status) {
    ByteBuffer bytes = ByteBuffer.allocate(TransactionHeader.BYTES);
    new TransactionHeader(
            header.tid(),
            length,
            status,
            header.userSize(),
            header.descriptionSize(),
            header.extensionSize())
        .write(bytes);
    return bytes.flip();
  }
}
