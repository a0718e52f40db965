package io.troika.server.filestorage;

import java.nio.ByteBuffer;

/**
 * The bytes of a FileStorage, as {@code ZODB/FileStorage/format.py} defines them. All integers are
 * unsigned and big-endian; positions count from the start of the file.
 *
 * <pre>
 * file           0 | 'F' 'S' '3' '0'     written by Python 3 (or 'F' 'S' '2' '1', by Python 2)
 *                4 | transaction record, again and again, to the end of the file
 *
 * transaction    0 | tid                                              8 bytes
 * record at P    8 | L, length of this record without its last 8      8
 *               16 | status: ' ' normal, 'p' packed,                  1
 *                  |   'c' voted but not finished, 'u' undone (old)
 *               17 | U, length of user                                2
 *               19 | D, length of description                         2
 *               21 | E, length of extension                           2
 *               23 | user, description, extension                     U + D + E
 *          23+U+D+E | data records                                    L - 23 - U - D - E
 *                L | L once more                                      8
 *              L+8 | the next transaction record
 *
 * data           0 | oid                                              8
 * record         8 | tid of its transaction                           8
 *               16 | position of the object's previous data record,   8
 *                  |   0 if none or packed away
 *               24 | position of its transaction record: P            8
 *               32 | 0 (once the length of a version name)            2
 *               34 | N, length of data                                8
 *               42 | data, N bytes, if N &gt; 0
 *                  | back pointer, 8 bytes, if N = 0: position of an
 *                  |   earlier data record of the same object whose
 *                  |   data this one shares; 0: the object is absent
 * </pre>
 */
final class FileStorageFormat {
  static final int MAGIC_PYTHON3 = 0x46533330; // FS30
  static final int MAGIC_PYTHON2 = 0x46533231; // FS21
  static final int MAGIC_BYTES = 4;
  static final int LENGTH_BYTES = 8;
  static final int POINTER_BYTES = 8;

  /** Where the first transaction record begins. */
  static final long START = MAGIC_BYTES;

  static final char STATUS_NORMAL = ' ';
  static final char STATUS_PACKED = 'p';
  static final char STATUS_UNFINISHED = 'c';
  static final char STATUS_UNDONE = 'u';

  private FileStorageFormat() {}

  /**
   * The fixed part of a transaction record.
   *
   * @param tid as a number, may be any
   * @param length L of the drawing; negative when it is 2^63 or more
   * @param status 0 to 255
   */
  record TransactionHeader(
      long tid, long length, char status, int userSize, int descriptionSize, int extensionSize) {
    static final int BYTES = 23;

    /** The most that header, user, description and extension can take together. */
    static final int BYTES_MAX = BYTES + 3 * 0xffff;

    static TransactionHeader read(ByteBuffer in) {
      long tid = in.getLong();
      long length = in.getLong();
      char status = (char) Byte.toUnsignedInt(in.get());
      int user = Short.toUnsignedInt(in.getShort());
      int description = Short.toUnsignedInt(in.getShort());
      int extension = Short.toUnsignedInt(in.getShort());
      return new TransactionHeader(tid, length, status, user, description, extension);
    }

    void write(ByteBuffer out) {
      out.putLong(tid).putLong(length).put((byte) status);
      out.putShort((short) userSize).putShort((short) descriptionSize);
      out.putShort((short) extensionSize);
    }

    /** From the start of the transaction record to its first data record. */
    int headerBytes() {
      return BYTES + userSize + descriptionSize + extensionSize;
    }
  }

  /**
   * The fixed part of a data record.
   *
   * @param dataSize N of the drawing; negative when it is 2^63 or more
   */
  record DataHeader(
      long oid, long tid, long previous, long transaction, int versionSize, long dataSize) {
    static final int BYTES = 42;

    static DataHeader read(ByteBuffer in) {
      long oid = in.getLong();
      long tid = in.getLong();
      long previous = in.getLong();
      long transaction = in.getLong();
      int version = Short.toUnsignedInt(in.getShort());
      return new DataHeader(oid, tid, previous, transaction, version, in.getLong());
    }

    void write(ByteBuffer out) {
      out.putLong(oid).putLong(tid).putLong(previous).putLong(transaction);
      out.putShort((short) versionSize).putLong(dataSize);
    }

    /** What follows the header: the data, or the back pointer. May be negative, as dataSize. */
    long bodyBytes() {
      return dataSize == 0 ? POINTER_BYTES : dataSize;
    }
  }
}
