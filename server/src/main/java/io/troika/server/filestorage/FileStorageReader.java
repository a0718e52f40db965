package io.troika.server.filestorage;

import static io.troika.server.core.model.Checks.requireArgument;
import static io.troika.server.filestorage.FileStorageFormat.LENGTH_BYTES;
import static io.troika.server.filestorage.FileStorageFormat.START;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.filestorage.FileStorageFormat.DataHeader;
import io.troika.server.filestorage.FileStorageFormat.TransactionHeader;
import io.troika.server.filestorage.TransactionScanner.Found;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Reads a {@code Data.fs} of any size from front to back, in constant memory, never writing to it
 * and needing no index:
 *
 * <pre>{@code
 * try (FileStorageReader reader = FileStorageReader.open(file, ReadSettings.DEFAULT)) {
 *   for (var transaction = reader.nextTransaction();
 *       transaction != null;
 *       transaction = reader.nextTransaction()) {
 *     for (var record = reader.nextRecord(); record != null; record = reader.nextRecord()) { … }
 *   }
 *   report(reader.summary().leftOver());
 * }
 * }</pre>
 *
 * <p>A transaction is known to be whole when {@link #nextRecord} has returned null; until then a
 * {@link FileStorageException} may still say that its records do not add up. Stop at a torn tail,
 * refuse damage in the middle: see {@code DESIGN.md}.
 *
 * <p>Memory: {@value #WINDOW_BYTES_MAX} bytes of window and the data record in hand. Not
 * thread-safe. The size of the file is taken once, when it is opened. The file of a running server
 * can be read: a transaction that is being written is left over.
 */
public final class FileStorageReader implements AutoCloseable {
  /** How many findings a summary lists. */
  public static final int FINDINGS_MAX = 100;

  static final int WINDOW_BYTES_MAX = 1 << 20;
  private static final int ASIDE_BYTES_MAX = 4 << 10;

  private final FileChannel channel;
  private final long fileSize;
  private final ReadSettings settings;
  private final Findings findings;
  private final FileWindow window;
  private final FileWindow aside;
  private final TransactionScanner scanner;
  private final BackPointers backPointers;
  private final ReadTotals totals = new ReadTotals();

  /** End of the last whole transaction. */
  private long position = START;

  /** Of that transaction. */
  private Tid lastTid = Tid.NONE;

  /** The transaction in hand and its next data record; null between transactions. */
  private @Nullable FileTransaction current;

  private long recordPosition;
  private @Nullable LeftOver leftOver;

  private FileStorageReader(Path file, FileChannel channel, ReadSettings settings)
      throws IOException {
    this.channel = channel;
    this.fileSize = channel.size();
    this.settings = settings;
    this.findings = new Findings(file, settings.tolerated());
    this.window = new FileWindow(channel, fileSize, WINDOW_BYTES_MAX);
    this.aside = new FileWindow(channel, fileSize, ASIDE_BYTES_MAX);
    this.scanner = new TransactionScanner(window, aside, fileSize, findings);
    this.backPointers = new BackPointers(aside, findings);
  }

  /**
   * Opens a file; an empty one counts as a FileStorage without transactions, as for ZODB.
   *
   * @throws FileStorageException if it is no FileStorage
   */
  public static FileStorageReader open(Path file, ReadSettings settings) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    try {
      FileStorageReader reader = new FileStorageReader(file, channel, settings);
      reader.checkMagic();
      return reader;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /**
   * Reads the whole file without its data, back pointers followed: what this accepts, a later
   * reader with the same settings accepts too, but for data over the size limit (compare {@link
   * FileStorageSummary#dataSizeMaxBytes}).
   */
  public static FileStorageSummary scan(Path file, ReadSettings settings) throws IOException {
    try (FileStorageReader reader = open(file, settings)) {
      while (reader.nextTransaction() != null) {
        reader.finishTransaction();
      }
      return reader.summary();
    }
  }

  /**
   * The next transaction, or null after the last whole one. Records of the one before that were not
   * asked for are checked and passed over.
   */
  public @Nullable FileTransaction nextTransaction() throws IOException {
    finishTransaction();
    while (leftOver == null) {
      Found found = scanner.look(position);
      if (found instanceof Found.End end) {
        leftOver = end.leftOver();
        return null;
      }
      TransactionHeader header = ((Found.Whole) found).header();
      scanner.checkStatus(position, header);
      Tid tid = nextTid(header);
      if (header.status() != FileStorageFormat.STATUS_UNDONE) {
        return begin(header, tid);
      }
      totals.undoneTransaction();
      passOver(header, tid);
    }
    return null;
  }

  /**
   * The next data record of the transaction that {@link #nextTransaction} returned last, or null
   * after its last one. For a record with a back pointer the data is not read, only found.
   *
   * @throws FileStorageException also for a record over the size limit; the transaction cannot be
   *     gone on with then
   */
  public @Nullable DataRecord nextRecord() throws IOException {
    FileTransaction transaction = current;
    if (transaction == null) {
      return null;
    }
    DataHeader header = nextHeader(transaction);
    if (header == null) {
      return null;
    }
    long at = recordPosition;
    Oid oid = new Oid(header.oid());
    Tid tid = findings.tid(header.tid(), at);
    if (header.dataSize() != 0) {
      byte[] data = window.read(at + DataHeader.BYTES, limited(at, header.dataSize()));
      stepOver(header);
      return new DataRecord.Data(oid, tid, at, Bytes.wrap(data));
    }
    long pointer = window.readLong(at + DataHeader.BYTES);
    stepOver(header);
    return pointer == 0
        ? new DataRecord.Absent(oid, tid, at, null)
        : shared(oid, tid, at, backPointers.follow(header.oid(), at, pointer));
  }

  /** The data that {@code record} shares with an earlier revision. */
  public Bytes readData(DataRecord.Shared record) throws IOException {
    int size = limited(record.position(), record.dataSizeBytes());
    return Bytes.wrap(aside.read(record.dataPosition(), size));
  }

  /**
   * Whether the data that {@code record} shares stands in a transaction of status {@code u}, which
   * {@link #nextTransaction} passes over.
   */
  public boolean isDataUndone(DataRecord.Shared record) throws IOException {
    long at = record.dataPosition() - DataHeader.BYTES;
    long transaction = DataHeader.read(aside.at(at, DataHeader.BYTES)).transaction();
    // Records are checked to name their transaction, but for those that are passed over.
    return transaction < START
        || transaction > at - TransactionHeader.BYTES
        || TransactionHeader.read(aside.at(transaction, TransactionHeader.BYTES)).status()
            == FileStorageFormat.STATUS_UNDONE;
  }

  /**
   * Goes on where an earlier reader of the same file stopped. Call it before the first {@link
   * #nextTransaction}.
   *
   * @param end {@link FileTransaction#end} of the last transaction that was read
   * @param tid of that transaction
   * @throws FileStorageException if no transaction with this tid ends there
   */
  public void resumeAt(long end, Tid tid) throws IOException {
    requireArgument(
        position <= START && current == null && leftOver == null, "reading has begun already");
    TransactionHeader header = scanner.endingAt(end);
    if (header == null || header.tid() != tid.value()) {
      throw findings.fatal(
          Defect.RESUME_POSITION,
          end,
          "transaction " + tid,
          header == null ? "none" : Findings.hex(header.tid()));
    }
    position = end;
    lastTid = tid;
  }

  /**
   * Passes over all transactions up to and including {@code tid}, looking at their headers only, so
   * that {@link #nextTransaction} returns the first one after it.
   *
   * @return whether a transaction with exactly this tid is there. If not, {@code tid} comes from
   *     another history, or the transaction was packed away
   */
  public boolean skipThrough(Tid tid) throws IOException {
    finishTransaction();
    boolean met = lastTid.equals(tid);
    while (leftOver == null && scanner.look(position) instanceof Found.Whole whole) {
      TransactionHeader header = whole.header();
      if (Long.compareUnsigned(header.tid(), tid.value()) > 0) {
        break;
      }
      Tid passed = nextTid(header);
      met = passed.equals(tid);
      passOver(header, passed);
    }
    return met;
  }

  /** Where the last whole transaction that was read ends, in bytes from the start of the file. */
  public long position() {
    return position;
  }

  /** For a progress bar; as it was when the file was opened. */
  public long fileSizeBytes() {
    return fileSize;
  }

  /** What was seen so far; complete when {@link #nextTransaction} has returned null. */
  public FileStorageSummary summary() {
    return new FileStorageSummary(
        fileSize,
        position,
        lastTid,
        totals.transactions(),
        totals.undoneTransactions(),
        totals.records(),
        totals.dataBytes(),
        totals.dataSizeMax(),
        totals.transactionSizeMax(),
        findings.count(),
        findings.first(),
        leftOver);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  private void checkMagic() throws IOException {
    if (fileSize == 0) {
      position = 0;
      return;
    }
    String expected = "FS30 or FS21";
    if (fileSize < START) {
      throw findings.fatal(Defect.MAGIC, 0, expected, fileSize + " bytes in all");
    }
    int magic = window.at(0, FileStorageFormat.MAGIC_BYTES).getInt();
    if (magic != FileStorageFormat.MAGIC_PYTHON3 && magic != FileStorageFormat.MAGIC_PYTHON2) {
      throw findings.fatal(Defect.MAGIC, 0, expected, "0x" + Integer.toHexString(magic));
    }
  }

  private Tid nextTid(TransactionHeader header) throws FileStorageException {
    Tid tid = findings.tid(header.tid(), position);
    if (tid.compareTo(lastTid) <= 0) {
      findings.report(Defect.TID_ORDER, position, "more than " + lastTid, tid.toString());
    }
    return tid;
  }

  private FileTransaction begin(TransactionHeader header, Tid tid) throws IOException {
    ByteBuffer strings = window.at(position, header.headerBytes());
    strings.position(strings.position() + TransactionHeader.BYTES);
    TransactionMetadata metadata =
        new TransactionMetadata(
            take(strings, header.userSize()),
            take(strings, header.descriptionSize()),
            take(strings, header.extensionSize()));
    FileTransaction transaction =
        new FileTransaction(
            position, position + header.length() + LENGTH_BYTES, tid, header.status(), metadata);
    current = transaction;
    recordPosition = position + header.headerBytes();
    return transaction;
  }

  private static Bytes take(ByteBuffer from, int size) {
    byte[] bytes = new byte[size];
    from.get(bytes);
    return Bytes.wrap(bytes);
  }

  /** Checks what is left of the transaction in hand. */
  private void finishTransaction() throws IOException {
    FileTransaction transaction = current;
    while (transaction != null && current != null) {
      DataHeader header = nextHeader(transaction);
      if (header != null) {
        findings.tid(header.tid(), recordPosition);
        checkBackPointer(header);
        stepOver(header);
      }
    }
  }

  private void checkBackPointer(DataHeader header) throws IOException {
    if (header.dataSize() == 0) {
      long pointer = window.readLong(recordPosition + DataHeader.BYTES);
      if (pointer != 0) {
        backPointers.follow(header.oid(), recordPosition, pointer);
      }
    }
  }

  /** The header at {@link #recordPosition}; null, and the transaction over, after the last one. */
  private @Nullable DataHeader nextHeader(FileTransaction transaction) throws IOException {
    long end = transaction.end() - LENGTH_BYTES;
    if (recordPosition == end) {
      position = transaction.end();
      lastTid = transaction.tid();
      totals.transaction(transaction.sizeBytes());
      current = null;
      return null;
    }
    return scanner.record(recordPosition, transaction.position(), transaction.tid().value(), end);
  }

  private void stepOver(DataHeader header) {
    totals.record(header.dataSize());
    recordPosition += DataHeader.BYTES + header.bodyBytes();
  }

  private void passOver(TransactionHeader header, Tid tid) {
    lastTid = tid;
    position += header.length() + LENGTH_BYTES;
  }

  private int limited(long at, long dataSize) throws FileStorageException {
    if (dataSize > settings.recordSizeMaxBytes()) {
      throw findings.fatal(
          Defect.RECORD_OVER_LIMIT,
          at,
          "at most " + settings.recordSizeMaxBytes() + " bytes",
          Long.toString(dataSize));
    }
    return (int) dataSize;
  }

  private static DataRecord shared(Oid oid, Tid tid, long at, BackPointers.Target target) {
    return target.isAbsent()
        ? new DataRecord.Absent(oid, tid, at, target.firstTid())
        : new DataRecord.Shared(
            oid,
            tid,
            at,
            target.firstTid(),
            target.dataTid(),
            target.dataPosition(),
            target.dataSize());
  }
}
