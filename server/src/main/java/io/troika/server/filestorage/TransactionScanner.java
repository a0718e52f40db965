package io.troika.server.filestorage;

import static io.troika.server.filestorage.FileStorageFormat.LENGTH_BYTES;
import static io.troika.server.filestorage.FileStorageFormat.START;
import static io.troika.server.filestorage.FileStorageFormat.STATUS_NORMAL;
import static io.troika.server.filestorage.FileStorageFormat.STATUS_PACKED;
import static io.troika.server.filestorage.FileStorageFormat.STATUS_UNDONE;
import static io.troika.server.filestorage.FileStorageFormat.STATUS_UNFINISHED;

import io.troika.server.filestorage.FileStorageFormat.DataHeader;
import io.troika.server.filestorage.FileStorageFormat.TransactionHeader;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Finds transactions and data records and tells a torn tail from damage in the middle: the rules of
 * {@code read_index} in {@code ZODB/FileStorage/FileStorage.py}, in its order. Keeps no state but
 * the windows.
 */
final class TransactionScanner {
  private final FileWindow window;
  private final FileWindow aside;
  private final long fileSize;
  private final Findings findings;

  /**
   * @param window for what is read in order
   * @param aside for a look elsewhere that must not move {@code window}
   */
  TransactionScanner(FileWindow window, FileWindow aside, long fileSize, Findings findings) {
    this.window = window;
    this.aside = aside;
    this.fileSize = fileSize;
    this.findings = findings;
  }

  /** What is at the place of a transaction: its header, or an end. */
  sealed interface Found {
    /** A transaction whose length holds at both its ends. */
    record Whole(TransactionHeader header) implements Found {}

    /** No transaction; {@code leftOver} is null at the very end of the file. */
    record End(@Nullable LeftOver leftOver) implements Found {}
  }

  /** Looks at the transaction that begins at {@code position}, up to its data records. */
  Found look(long position) throws IOException {
    long available = fileSize - position;
    if (available == 0) {
      return new Found.End(null);
    }
    if (available < TransactionHeader.BYTES) {
      return end(
          position,
          LeftOver.Reason.HEADER_TORN,
          "a header takes " + TransactionHeader.BYTES + " bytes");
    }
    TransactionHeader header = TransactionHeader.read(window.at(position, TransactionHeader.BYTES));
    if (header.status() > 0x7f) {
      throw findings.fatal(
          Defect.STATUS_NOT_ASCII, position, "a character", Findings.hex(header.status()));
    }
    if (Long.compareUnsigned(header.length(), available - LENGTH_BYTES) > 0) {
      return end(
          position,
          LeftOver.Reason.TRANSACTION_TORN,
          "the transaction there says it is "
              + Long.toUnsignedString(header.length())
              + " + 8 bytes long");
    }
    if (header.status() == STATUS_UNFINISHED) {
      return end(
          position,
          LeftOver.Reason.TRANSACTION_UNFINISHED,
          "the transaction there was voted but not finished (status c)");
    }
    if (header.length() < header.headerBytes()) {
      return shorterThanItsHeader(position, header);
    }
    checkTrailingLength(position, header);
    return new Found.Whole(header);
  }

  /** Notes or refuses a status that FileStorage never writes. */
  void checkStatus(long position, TransactionHeader header) throws FileStorageException {
    char status = header.status();
    if (status != STATUS_NORMAL && status != STATUS_PACKED && status != STATUS_UNDONE) {
      findings.report(
          Defect.STATUS_UNKNOWN, position, "' ', 'p', 'c' or 'u'", Findings.hex(status));
    }
  }

  /**
   * The header of the data record at {@code position}, checked to lie within its transaction.
   *
   * @param transaction where the transaction begins
   * @param end where its data records end
   */
  DataHeader record(long position, long transaction, long transactionTid, long end)
      throws IOException {
    long room = end - position - DataHeader.BYTES;
    if (room < 0) {
      throw findings.fatal(
          Defect.RECORD_LENGTH,
          position,
          "at most " + (end - position) + " bytes",
          "a header of " + DataHeader.BYTES);
    }
    DataHeader header = DataHeader.read(window.at(position, DataHeader.BYTES));
    if (header.versionSize() != 0) {
      throw findings.fatal(
          Defect.RECORD_VERSION, position, "0", Integer.toString(header.versionSize()));
    }
    if (Long.compareUnsigned(header.bodyBytes(), room) > 0) {
      throw findings.fatal(
          Defect.RECORD_LENGTH,
          position,
          "at most " + room + " bytes of data",
          Long.toUnsignedString(header.bodyBytes()));
    }
    if (header.transaction() != transaction) {
      throw findings.fatal(
          Defect.RECORD_TRANSACTION,
          position,
          Long.toString(transaction),
          Long.toUnsignedString(header.transaction()));
    }
    if (header.tid() != transactionTid) {
      findings.report(
          Defect.RECORD_TID, position, Findings.hex(transactionTid), Findings.hex(header.tid()));
    }
    if (Long.compareUnsigned(header.previous(), position) >= 0) {
      findings.report(
          Defect.PREVIOUS_POSITION,
          position,
          "less than " + position,
          Long.toUnsignedString(header.previous()));
    }
    return header;
  }

  /** The transaction that ends at {@code end}, or null if none can be seen there. */
  @Nullable TransactionHeader endingAt(long end) throws IOException {
    long lengthPosition = end - LENGTH_BYTES;
    if (lengthPosition < START + TransactionHeader.BYTES || end > fileSize) {
      return null;
    }
    long length = aside.readLong(lengthPosition);
    if (length < TransactionHeader.BYTES || length > lengthPosition - START) {
      return null;
    }
    TransactionHeader header =
        TransactionHeader.read(aside.at(lengthPosition - length, TransactionHeader.BYTES));
    return header.length() == length ? header : null;
  }

  /**
   * Garbage at the end, or damage in the middle? FileStorage takes the last 8 bytes of the file for
   * the length of the last transaction; if it would begin before this one, or be no transaction at
   * all, there is nothing to lose.
   */
  private Found shorterThanItsHeader(long position, TransactionHeader header) throws IOException {
    long last = aside.readLong(fileSize - LENGTH_BYTES);
    boolean plausible =
        last >= TransactionHeader.BYTES && Long.compareUnsigned(last, fileSize - position) <= 0;
    String expected = "at least " + header.headerBytes() + " bytes, as its header takes";
    if (plausible) {
      throw findings.fatal(
          Defect.TRANSACTION_LENGTH, position, expected, Long.toString(header.length()));
    }
    return end(
        position,
        LeftOver.Reason.HEADER_INVALID,
        "the transaction there says it is " + header.length() + " bytes long, not " + expected);
  }

  private void checkTrailingLength(long position, TransactionHeader header) throws IOException {
    long trailer = position + header.length();
    FileWindow in = window.holds(trailer, LENGTH_BYTES) ? window : aside;
    long found = in.readLong(trailer);
    if (found != header.length()) {
      throw findings.fatal(
          Defect.TRAILING_LENGTH,
          trailer,
          Long.toString(header.length()),
          Long.toUnsignedString(found));
    }
  }

  private Found end(long position, LeftOver.Reason reason, String detail) throws IOException {
    TransactionHeader last = endingAt(fileSize);
    boolean follow = last != null && fileSize - LENGTH_BYTES - last.length() > position;
    return new Found.End(new LeftOver(position, fileSize - position, reason, detail, follow));
  }
}
