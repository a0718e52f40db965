package io.troika.server.backup;

import static io.troika.server.core.model.Checks.checkInvariant;

import io.troika.server.backup.Manifest.Segment;
import io.troika.server.core.command.Command.RestoredTransaction;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Sha256;
import io.troika.server.core.model.Tid;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.zip.CRC32C;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/**
 * Writes one segment. It gets its name once it is whole and on disk. Memory: one block, or one
 * transaction where that is larger, and what it is deflated to. Not thread-safe.
 */
public final class SegmentWriter implements AutoCloseable {
  /** A block is written once it has so many bytes. */
  static final int BLOCK_BYTES = 1 << 20;

  static final String PART_SUFFIX = ".part";

  private final Path path;
  private final Path part;
  private final SegmentFormat.Head head;
  private final FileChannel file;
  private final MessageDigest digest = Sha256.start();
  private final Deflater deflater = new Deflater(Deflater.BEST_SPEED);
  private final ByteArrayOutputStream block = new ByteArrayOutputStream(BLOCK_BYTES);
  private int inBlock;
  private long sizeBytes;
  private long transactions;
  private long records;
  private Tid last;

  private SegmentWriter(Path path, SegmentFormat.Head head) throws IOException {
    this.path = path;
    this.head = head;
    this.last = head.after();
    this.part = path.resolveSibling(path.getFileName() + PART_SUFFIX);
    this.file =
        FileChannel.open(
            part,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING);
  }

  static SegmentWriter create(Path path, SegmentFormat.Head head) throws IOException {
    SegmentWriter writer = new SegmentWriter(path, head);
    try {
      writer.write(ByteBuffer.wrap(SegmentFormat.MAGIC.toByteArray()));
      writer.write(ByteBuffer.wrap(new byte[] {SegmentFormat.VERSION}));
      writer.frame(SegmentFormat.HEAD, head.encode());
      return writer;
    } catch (IOException e) {
      writer.close();
      throw e;
    }
  }

  /**
   * Puts a transaction in.
   *
   * @param transaction newer than the one before
   */
  public void add(RestoredTransaction transaction) throws IOException {
    checkInvariant(transaction.tid().compareTo(last) > 0, "%s after %s", transaction.tid(), last);
    block.writeBytes(SegmentFormat.encode(transaction));
    last = transaction.tid();
    transactions++;
    inBlock++;
    records += transaction.revisions().size();
    if (block.size() >= BLOCK_BYTES) {
      flush();
    }
  }

  /** The last transaction that is in, or where the segment goes on from. */
  public Tid last() {
    return last;
  }

  /** How many transactions are in. */
  public long transactions() {
    return transactions;
  }

  /** About how large the file is by now. */
  public long sizeBytes() {
    return sizeBytes + block.size();
  }

  private void flush() throws IOException {
    if (inBlock == 0) {
      return;
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream(block.size() / 2 + Integer.BYTES);
    body.writeBytes(bytes(Integer.BYTES + block.size()));
    deflater.reset();
    try (DeflaterOutputStream deflated = new DeflaterOutputStream(body, deflater)) {
      deflated.write(bytes(inBlock));
      block.writeTo(deflated);
    }
    block.reset();
    inBlock = 0;
    frame(SegmentFormat.BLOCK, Bytes.wrap(body.toByteArray()));
  }

  private static byte[] bytes(int number) {
    return ByteBuffer.allocate(Integer.BYTES).putInt(number).array();
  }

  private void frame(int kind, Bytes body) throws IOException {
    ByteBuffer start =
        ByteBuffer.allocate(SegmentFormat.FRAME_HEAD_BYTES).put((byte) kind).putInt(body.size());
    CRC32C crc = new CRC32C();
    crc.update(start.flip());
    crc.update(body.asByteBuffer());
    write(start.rewind());
    write(body.asByteBuffer());
    write(ByteBuffer.wrap(bytes((int) crc.getValue())));
  }

  private void write(ByteBuffer bytes) throws IOException {
    digest.update(bytes.duplicate());
    sizeBytes += bytes.remaining();
    while (bytes.hasRemaining()) {
      int unused = file.write(bytes);
    }
  }

  /** Ends the file, puts it on disk and gives it its name; at least one transaction must be in. */
  Segment finish() throws IOException {
    checkInvariant(transactions > 0, "%s: a segment without transactions", path);
    flush();
    frame(SegmentFormat.END, new SegmentFormat.End(transactions, records, last).encode());
    file.force(true);
    file.close();
    Files.move(part, path, StandardCopyOption.ATOMIC_MOVE);
    return new Segment(
        path.getFileName().toString(),
        head.after(),
        last,
        transactions,
        records,
        sizeBytes,
        HexFormat.of().formatHex(digest.digest()));
  }

  /** Gives up what is not finished. */
  @Override
  public void close() throws IOException {
    deflater.end();
    file.close();
    Files.deleteIfExists(part);
  }
}
