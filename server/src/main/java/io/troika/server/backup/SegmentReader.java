package io.troika.server.backup;

import io.troika.server.backup.Manifest.Chain;
import io.troika.server.backup.Manifest.Segment;
import io.troika.server.core.command.Command.RestoredTransaction;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Sha256;
import io.troika.server.core.model.Tid;
import io.troika.server.log.ByteReader;
import io.troika.server.log.DecodingException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Function;
import java.util.zip.CRC32C;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * Reads one segment and trusts nothing in it: frames by their checksums, what is in them by what
 * the manifest says, all of it by the digest. Memory: one block. Not thread-safe.
 */
public final class SegmentReader implements AutoCloseable {
  /** A deflated text is never longer than so many times its own size, and a little. */
  private static final long DEFLATED_RATIO_MAX = 1_100;

  private static final int BUFFER_BYTES = 1 << 16;

  private final Chain chain;
  private final Segment segment;
  private final MessageDigest digest = Sha256.start();
  private final InputStream file;
  private final Inflater inflater = new Inflater();
  private final ArrayDeque<RestoredTransaction> block = new ArrayDeque<>();
  private long position;
  private long frameStart;
  private Tid last;
  private long transactions;
  private long records;
  private boolean ended;

  private SegmentReader(Chain chain, Segment segment, InputStream file) {
    this.chain = chain;
    this.segment = segment;
    this.last = segment.after();
    this.file = new DigestInputStream(new BufferedInputStream(file, BUFFER_BYTES), digest);
  }

  /**
   * Opens a segment.
   *
   * @throws DamagedBackupException if it is missing, of another size, or does not begin as one
   */
  static SegmentReader open(Path directory, Chain chain, Segment segment) throws IOException {
    Path path = directory.resolve(segment.file());
    long size;
    InputStream file;
    try {
      size = Files.size(path);
      file = Files.newInputStream(path);
    } catch (NoSuchFileException e) {
      throw damaged(segment.file(), 0, "the file is missing");
    }
    SegmentReader reader = new SegmentReader(chain, segment, file);
    try {
      if (size != segment.sizeBytes()) {
        throw damaged(
            segment.file(),
            Math.min(size, segment.sizeBytes()),
            "%,d bytes, expected %,d".formatted(size, segment.sizeBytes()));
      }
      reader.readStart();
      return reader;
    } catch (IOException e) {
      reader.close();
      throw e;
    }
  }

  private void readStart() throws IOException {
    Bytes start = read(SegmentFormat.START_BYTES);
    if (!start.slice(0, SegmentFormat.MAGIC.size()).equals(SegmentFormat.MAGIC)) {
      throw damaged("this is no segment of a backup");
    }
    int version = start.at(SegmentFormat.MAGIC.size());
    if (version != SegmentFormat.VERSION) {
      throw damaged("format %s, expected %s".formatted(version, SegmentFormat.VERSION));
    }
    Bytes body = frame(SegmentFormat.HEAD);
    SegmentFormat.Head head = decode("head", body, SegmentFormat.Head::read);
    if (!head.equals(new SegmentFormat.Head(chain.uuid(), chain.epoch(), segment.after()))) {
      throw damaged("it belongs elsewhere: %s".formatted(head));
    }
  }

  /**
   * The next transaction, or null after the last; null also says that all of the file was as it was
   * written.
   */
  public @Nullable RestoredTransaction next() throws IOException {
    while (block.isEmpty() && !ended) {
      readFrame();
    }
    return block.poll();
  }

  /** How far in the file. */
  public long positionBytes() {
    return position;
  }

  private void readFrame() throws IOException {
    frameStart = position;
    Bytes start = read(SegmentFormat.FRAME_HEAD_BYTES);
    int kind = start.at(0);
    Bytes body = body(start);
    switch (kind) {
      case SegmentFormat.BLOCK -> readBlock(body);
      case SegmentFormat.END -> readEnd(body);
      default -> throw damaged("a frame of kind %s is not known".formatted(kind));
    }
  }

  private Bytes frame(int kind) throws IOException {
    frameStart = position;
    Bytes start = read(SegmentFormat.FRAME_HEAD_BYTES);
    Bytes body = body(start);
    if (start.at(0) != kind) {
      throw damaged("a frame of kind %s, expected %s".formatted(start.at(0), kind));
    }
    return body;
  }

  private Bytes body(Bytes start) throws IOException {
    int length = start.asByteBuffer().getInt(1);
    if (length < 0 || length > segment.sizeBytes() - position - Integer.BYTES) {
      throw damaged("a frame of %s bytes, more than the file has".formatted(length));
    }
    Bytes body = read(length);
    CRC32C crc = new CRC32C();
    crc.update(start.asByteBuffer());
    crc.update(body.asByteBuffer());
    if (read(Integer.BYTES).asByteBuffer().getInt() != (int) crc.getValue()) {
      throw damaged("the checksum of the frame does not match");
    }
    return body;
  }

  private void readBlock(Bytes body) throws IOException {
    List<RestoredTransaction> read =
        decode(
            "block",
            inflate(body),
            text -> text.list(SegmentFormat.TRANSACTION_BYTES_MIN, () -> SegmentFormat.read(text)));
    for (RestoredTransaction transaction : read) {
      if (transaction.tid().compareTo(last) <= 0) {
        throw damaged("transaction %s after %s".formatted(transaction.tid(), last));
      }
      last = transaction.tid();
      transactions++;
      records += transaction.revisions().size();
      block.add(transaction);
    }
  }

  private Bytes inflate(Bytes body) throws IOException {
    int length = body.size() < Integer.BYTES ? -1 : body.asByteBuffer().getInt();
    long deflated = body.size() - (long) Integer.BYTES;
    if (length <= 0 || length > deflated * DEFLATED_RATIO_MAX) {
      throw damaged("a block of %s bytes, deflated to %s".formatted(length, deflated));
    }
    byte[] text = new byte[length];
    inflater.reset();
    ByteBuffer input = body.asByteBuffer().position(Integer.BYTES);
    inflater.setInput(input);
    try {
      int filled = 0;
      int more = 1;
      while (filled < length && more > 0) {
        more = inflater.inflate(text, filled, length - filled);
        filled += more;
      }
      byte[] none = new byte[1];
      if (filled < length
          || inflater.inflate(none) > 0
          || !inflater.finished()
          || input.hasRemaining()) {
        throw damaged("a block of another length than it says");
      }
    } catch (DataFormatException e) {
      throw damaged("a block that cannot be inflated: " + e.getMessage());
    }
    return Bytes.wrap(text);
  }

  private void readEnd(Bytes body) throws IOException {
    SegmentFormat.End end = decode("end", body, SegmentFormat.End::read);
    SegmentFormat.End read = new SegmentFormat.End(transactions, records, last);
    SegmentFormat.End told =
        new SegmentFormat.End(segment.transactions(), segment.records(), segment.last());
    if (!end.equals(read) || !end.equals(told)) {
      throw damaged("it ends with %s, has %s, the manifest says %s".formatted(end, read, told));
    }
    if (position != segment.sizeBytes()) {
      throw damaged("bytes behind its end");
    }
    if (!HexFormat.of().formatHex(digest.digest()).equals(segment.sha256())) {
      frameStart = 0;
      throw damaged("its SHA-256 is not that of the manifest");
    }
    ended = true;
  }

  private <T> T decode(String what, Bytes body, Function<ByteReader, T> read)
      throws DamagedBackupException {
    try {
      return ByteReader.readWhole(what, body, read);
    } catch (DecodingException e) {
      throw damaged(String.valueOf(e.getMessage()));
    }
  }

  private Bytes read(int size) throws IOException {
    byte[] bytes = file.readNBytes(size);
    position += bytes.length;
    if (bytes.length < size) {
      throw damaged(segment.file(), position, "the file ends here");
    }
    return Bytes.wrap(bytes);
  }

  private DamagedBackupException damaged(String found) {
    return damaged(segment.file(), frameStart, found);
  }

  private static DamagedBackupException damaged(String file, long offset, String found) {
    return new DamagedBackupException(new Damage(file, offset, found));
  }

  @Override
  public void close() throws IOException {
    inflater.end();
    file.close();
  }
}
