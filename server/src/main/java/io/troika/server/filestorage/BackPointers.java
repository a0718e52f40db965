package io.troika.server.filestorage;

import io.troika.server.core.model.Tid;
import io.troika.server.filestorage.FileStorageFormat.DataHeader;
import java.io.IOException;

/**
 * Follows the back pointer of a data record to the record that holds the data.
 *
 * <p>Each step must lead to a record of the same object that ends before the one it came from
 * begins. FileStorage checks the object of the first step only and would follow a loop for ever; a
 * pointer that it follows and this class refuses leads nowhere sensible.
 */
final class BackPointers {
  /**
   * The longest chain that is followed. An object that is undone and redone n times in turn makes
   * one of n / 2.
   */
  static final int STEPS_MAX = 100_000;

  /** A record that holds data has at least one byte of it. */
  private static final int RECORD_BYTES_MIN = DataHeader.BYTES + 1;

  private final FileWindow window;
  private final Findings findings;

  BackPointers(FileWindow window, Findings findings) {
    this.window = window;
    this.findings = findings;
  }

  /**
   * Where a back pointer leads.
   *
   * @param firstTid of the record that it names
   * @param dataTid of the record at the end of the chain
   * @param dataPosition 0 if the chain ends with "the object is absent"
   * @param dataSize 0 if the chain ends with "the object is absent"
   */
  record Target(Tid firstTid, Tid dataTid, long dataPosition, long dataSize) {
    boolean isAbsent() {
      return dataSize == 0;
    }
  }

  /**
   * @param position of the data record that holds the pointer
   * @param pointer other than 0
   */
  Target follow(long oid, long position, long pointer) throws IOException {
    long from = position;
    long to = pointer;
    Tid firstTid = Tid.NONE;
    for (int step = 0; step < STEPS_MAX; step++) {
      DataHeader header = targetHeader(oid, from, to);
      Tid tid = findings.tid(header.tid(), to);
      if (step == 0) {
        firstTid = tid;
      }
      long bodyPosition = to + DataHeader.BYTES;
      if (header.dataSize() != 0) {
        return new Target(firstTid, tid, bodyPosition, header.dataSize());
      }
      long next = window.readLong(bodyPosition);
      if (next == 0) {
        return new Target(firstTid, tid, 0, 0);
      }
      from = to;
      to = next;
    }
    throw findings.fatal(
        Defect.BACK_POINTER, position, "a chain of at most " + STEPS_MAX, "a longer one");
  }

  /** The header of the record at {@code to}, once it is clear that one is there. */
  private DataHeader targetHeader(long oid, long from, long to) throws IOException {
    if (to < FileStorageFormat.START || to > from - RECORD_BYTES_MIN) {
      throw bad(from, "the position of an earlier record", Long.toUnsignedString(to));
    }
    DataHeader header = DataHeader.read(window.at(to, DataHeader.BYTES));
    long room = from - to - DataHeader.BYTES;
    if (header.oid() != oid) {
      throw bad(
          from, "a record of oid " + Findings.hex(oid), Findings.hex(header.oid()) + " at " + to);
    }
    if (header.versionSize() != 0 || Long.compareUnsigned(header.bodyBytes(), room) > 0) {
      throw bad(from, "a record of at most " + room + " bytes", "no such record at " + to);
    }
    return header;
  }

  private FileStorageException bad(long position, String expected, String found) {
    return findings.fatal(Defect.BACK_POINTER, position, expected, found);
  }
}
