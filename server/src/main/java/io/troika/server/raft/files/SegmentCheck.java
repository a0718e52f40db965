package io.troika.server.raft.files;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.troika.server.core.model.LogPosition;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at a Raft log before Ratis does. Ratis refuses a log with any damage, a torn tail too; told
 * to be lenient it would drop all that follows a damage in the middle, which this node has
 * acknowledged. Here the tail of the open segment is cut when nothing valid follows the first bad
 * entry, which is what a crash in the middle of a write leaves; any other damage is reported.
 *
 * <p>Segment files, Ratis 3.3 (numbers big-endian):
 *
 * <pre>{@code
 * current/log_inprogress_<first index>       the open segment
 * current/log_<first index>-<last index>     closed segments
 *
 * file     "RaftLog1", entries, zeros up to the preallocated size
 * entry    varint   length of the protobuf
 *          protobuf LogEntryProto: 0x08 varint term, 0x10 varint index, body
 *          4 bytes  CRC32C of all before in this entry
 * }</pre>
 */
public final class SegmentCheck {
  private static final Logger log = LoggerFactory.getLogger(SegmentCheck.class);

  private static final byte[] HEADER = "RaftLog1".getBytes(US_ASCII);
  private static final Pattern OPEN = Pattern.compile("log_inprogress_(\\d+)");
  private static final Pattern CLOSED = Pattern.compile("log_(\\d+)-(\\d+)");
  private static final Pattern ANY = Pattern.compile("log_(?:inprogress_)?(\\d+)(?:-\\d+)?");
  private static final int TERM_TAG = 0x08;
  private static final int INDEX_TAG = 0x10;
  private static final int CHECKSUM_BYTES = 4;

  private final int entryBytesMax;

  /**
   * @param entryBytesMax no entry in the log is longer, envelope included
   */
  public SegmentCheck(int entryBytesMax) {
    this.entryBytesMax = entryBytesMax;
  }

  /** The log is damaged where no crash can have done it. */
  public static final class DamagedLogException extends IOException {
    private static final long serialVersionUID = 1L;

    DamagedLogException(Path file, long offset, String what) {
      super(
          ("Raft log %s is damaged at offset %d: %s. Entries that this node has acknowledged may be"
                  + " lost on it, so it does not start. The other members still have them: remove"
                  + " this node's whole data directory and start it again to fetch all from them")
              .formatted(file, offset, what));
    }
  }

  /**
   * Repairs the tail of the open segments in a group's directory.
   *
   * @throws DamagedLogException if an open segment is damaged before its tail
   */
  public void repairTail(Path groupDirectory) throws IOException {
    for (Path file : segments(groupDirectory, OPEN)) {
      long end = scan(file, OPEN).end();
      if (end >= 0) {
        log.warn(
            "Raft log {}: torn tail, {} bytes cut at offset {}; nothing valid followed",
            file,
            Files.size(file) - end,
            end);
        DurableFiles.truncate(file, end);
      }
    }
  }

  /**
   * Looks for damage in closed segments, to name it when Ratis has refused the log.
   *
   * @throws DamagedLogException for the first one found
   */
  public void reportDamage(Path groupDirectory) throws IOException {
    for (Path file : segments(groupDirectory, CLOSED)) {
      long end = scan(file, CLOSED).end();
      if (end >= 0) {
        throw new DamagedLogException(file, end, "a closed segment ends in the middle");
      }
    }
  }

  /**
   * The last entry in the log, {@link LogPosition#NONE} if there is none; after {@link
   * #repairTail}.
   *
   * @throws DamagedLogException if the segment that should hold it is damaged
   */
  public LogPosition lastEntry(Path groupDirectory) throws IOException {
    List<Path> newestFirst =
        segments(groupDirectory, ANY).stream()
            .sorted(Comparator.comparingLong((Path file) -> firstIndex(file, ANY)).reversed())
            .toList();
    for (Path file : newestFirst) {
      Scan scan = scan(file, ANY);
      if (scan.end() >= 0) {
        throw new DamagedLogException(file, scan.end(), "the last segment ends in the middle");
      }
      LogPosition last = scan.lastEntry();
      if (!last.equals(LogPosition.NONE)) {
        return last;
      }
    }
    return LogPosition.NONE;
  }

  private static List<Path> segments(Path groupDirectory, Pattern kind) throws IOException {
    Path current = groupDirectory.resolve("current");
    if (!Files.isDirectory(current)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(current)) {
      return files
          .filter(file -> kind.matcher(String.valueOf(file.getFileName())).matches())
          .sorted()
          .toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static long firstIndex(Path file, Pattern kind) {
    Matcher name = kind.matcher(String.valueOf(file.getFileName()));
    return name.matches() ? Long.parseLong(name.group(1)) : 0;
  }

  /**
   * Reads a file to its end.
   *
   * @throws DamagedLogException if something valid follows the first bad entry
   */
  private Scan scan(Path file, Pattern kind) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      MappedByteBuffer bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
      Scan scan = new Scan(file, bytes, firstIndex(file, kind));
      scan.run();
      return scan;
    }
  }

  /** One pass over one file. */
  private final class Scan {
    private final Path file;
    private final ByteBuffer bytes;
    private final long firstIndex;
    private long nextIndex;
    private long lastTerm;
    private long end = -1;

    /** Where the protobuf of the entry read last ends; its checksum follows. */
    private int protobufEnd;

    private long readTerm;
    private long readIndex;

    Scan(Path file, ByteBuffer bytes, long firstIndex) {
      this.file = file;
      this.bytes = bytes;
      this.firstIndex = firstIndex;
      this.nextIndex = firstIndex;
    }

    /** Where the file should be cut, or -1 if it is sound as it is. */
    long end() {
      return end;
    }

    LogPosition lastEntry() {
      return nextIndex == firstIndex ? LogPosition.NONE : new LogPosition(lastTerm, nextIndex - 1);
    }

    void run() throws DamagedLogException {
      end = validEnd();
    }

    private long validEnd() throws DamagedLogException {
      int at = headerEnd();
      while (at < bytes.limit() && bytes.get(at) != 0) {
        if (!isEntry(at) || readIndex != nextIndex || readTerm < lastTerm) {
          return tornAt(at);
        }
        nextIndex++;
        lastTerm = readTerm;
        at = protobufEnd + CHECKSUM_BYTES;
      }
      return firstNonZero(at) < 0 ? -1 : tornAt(at);
    }

    /** A header that was not written to its end means that nothing else was: Ratis handles it. */
    private int headerEnd() throws DamagedLogException {
      for (int i = 0; i < HEADER.length && i < bytes.limit(); i++) {
        if (bytes.get(i) != HEADER[i]) {
          if (firstNonZero(i) < 0) {
            return bytes.limit();
          }
          throw new DamagedLogException(file, i, "the header is not 'RaftLog1'");
        }
      }
      return Math.min(HEADER.length, bytes.limit());
    }

    private int firstNonZero(int from) {
      for (int i = from; i < bytes.limit(); i++) {
        if (bytes.get(i) != 0) {
          return i;
        }
      }
      return -1;
    }

    private long tornAt(int at) throws DamagedLogException {
      for (int i = at + 1; i < bytes.limit(); i++) {
        if (bytes.get(i) != 0 && isEntry(i) && readIndex >= nextIndex && readTerm >= lastTerm) {
          throw new DamagedLogException(
              file,
              at,
              "entry %d is bad, and entry %d at offset %d is sound"
                  .formatted(nextIndex, readIndex, i));
        }
      }
      return at;
    }

    /**
     * Whether a whole, sound entry begins at {@code at}; then {@link #readTerm}, {@link #readIndex}
     * and {@link #protobufEnd} tell of it. The first fields are looked at before the checksum is
     * computed, which makes it cheap to ask this of every offset.
     */
    private boolean isEntry(int at) {
      bytes.position(at);
      long length = varint();
      int start = bytes.position();
      if (length <= 0
          || length > entryBytesMax
          || length > bytes.limit() - start - CHECKSUM_BYTES) {
        return false;
      }
      protobufEnd = start + (int) length;
      if (bytes.get() != TERM_TAG) {
        return false;
      }
      readTerm = varint();
      // Index 0 is not written: it is protobuf's default.
      readIndex = 0;
      if (bytes.hasRemaining() && bytes.get(bytes.position()) == INDEX_TAG) {
        bytes.get();
        readIndex = varint();
      }
      if (readTerm <= 0 || readIndex < 0 || bytes.position() > protobufEnd) {
        return false;
      }
      CRC32C checksum = new CRC32C();
      checksum.update(bytes.duplicate().limit(protobufEnd).position(at));
      return bytes.getInt(protobufEnd) == (int) checksum.getValue();
    }

    /** Protobuf's variable-length integer; -1 if it is none or runs out of the file. */
    private long varint() {
      long value = 0;
      for (int shift = 0; shift < Long.SIZE && bytes.hasRemaining(); shift += 7) {
        byte next = bytes.get();
        value |= (long) (next & 0x7f) << shift;
        if (next >= 0) {
          return value;
        }
      }
      return -1;
    }
  }
}
