package io.troika.server.backup;

import static io.troika.server.core.model.Checks.checkInvariant;

import com.google.common.io.CountingOutputStream;
import io.troika.server.backup.Manifest.BlobTotals;
import io.troika.server.backup.Manifest.Segment;
import io.troika.server.backup.SegmentFormat.BlobPart;
import io.troika.server.core.command.Command.RestoredRevision;
import io.troika.server.core.command.Command.RestoredTransaction;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Sha256;
import io.troika.server.core.model.Tid;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.zip.CRC32C;
import java.util.zip.CheckedOutputStream;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/**
 * Writes one segment. It gets its name once it is whole and on disk. Memory, beside the transaction
 * that is put in: one block of {@value #LARGE_BYTES} bytes at most, and what it is deflated to; of
 * blobs one part. Not thread-safe.
 */
public final class SegmentWriter implements AutoCloseable {
  /** A block is written once it has so many bytes. */
  static final int BLOCK_BYTES = 1 << 20;

  /** A transaction that takes more is a block of its own, of which there is no copy in memory. */
  static final int LARGE_BYTES = 8 << 20;

  /** Lengths in a segment have four bytes; what can't be deflated gets a little longer. */
  private static final long TRANSACTION_BYTES_MAX = 2_000_000_000;

  private static final int DEFLATED_BUFFER_BYTES = 1 << 16;

  static final String PART_SUFFIX = ".part";

  private final Path path;
  private final Path part;
  private final SegmentFormat.Head head;
  private final FileChannel file;
  private MessageDigest digest = Sha256.start();
  private final int blobPartBytes;
  private final Deflater deflater = new Deflater(Deflater.BEST_SPEED);
  private final ByteArrayOutputStream block = new ByteArrayOutputStream(BLOCK_BYTES);
  private int inBlock;
  private long sizeBytes;
  private long transactions;
  private long records;
  private BlobTotals blobs = BlobTotals.NONE;
  private Tid last;

  private SegmentWriter(Path path, SegmentFormat.Head head, int blobPartBytes) throws IOException {
    this.path = path;
    this.head = head;
    this.blobPartBytes = blobPartBytes;
    this.last = head.after();
    this.part = path.resolveSibling(path.getFileName() + PART_SUFFIX);
    this.file =
        FileChannel.open(
            part,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING);
  }

  /** Where the bytes of a blob come from. */
  @FunctionalInterface
  public interface BlobInput {
    /** All of them. */
    InputStream open() throws IOException;
  }

  static SegmentWriter create(Path path, SegmentFormat.Head head, int blobPartBytes)
      throws IOException {
    SegmentWriter writer = new SegmentWriter(path, head, blobPartBytes);
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
   * @param inputs of the blobs that come with its data; if reading one fails, the segment is as if
   *     the transaction had never been put in
   */
  public void add(RestoredTransaction transaction, Map<Oid, BlobInput> inputs) throws IOException {
    checkInvariant(transaction.tid().compareTo(last) > 0, "%s after %s", transaction.tid(), last);
    boolean large = isLarge(transaction);
    if (large) {
      flush(); // its blobs belong behind the block before
    }
    BackupTransaction stored = new BackupTransaction(transaction, write(transaction, inputs));
    if (large) {
      writeLarge(stored);
    } else {
      SegmentFormat.encode(stored, block);
      inBlock++;
    }
    for (BackupBlob blob : stored.blobs().values()) {
      blobs = blobs.with(blob);
    }
    last = transaction.tid();
    transactions++;
    records += transaction.revisions().size();
    if (block.size() >= BLOCK_BYTES) {
      flush();
    }
  }

  private static boolean isLarge(RestoredTransaction transaction) throws BackupException {
    long size = SegmentFormat.sizeBytes(transaction);
    if (size > TRANSACTION_BYTES_MAX) {
      throw new BackupException(
          "transaction %s: it takes %,d bytes, a backup can hold transactions of at most %,d"
              .formatted(transaction.tid(), size, TRANSACTION_BYTES_MAX));
    }
    return size > LARGE_BYTES;
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

  private Map<Oid, BackupBlob> write(RestoredTransaction transaction, Map<Oid, BlobInput> inputs)
      throws IOException {
    Map<Oid, BackupBlob> written = new HashMap<>();
    long begun = sizeBytes;
    MessageDigest before = copy(digest);
    try {
      for (RestoredRevision revision : transaction.revisions()) {
        BlobInput input = inputs.get(revision.oid());
        if (input != null) {
          checkInvariant(revision.data() != null, "oid %s: a blob without data", revision.oid());
          written.put(revision.oid(), write(transaction.tid(), revision.oid(), input));
        }
      }
      return written;
    } catch (IOException | RuntimeException e) {
      file.truncate(begun);
      sizeBytes = begun;
      digest = before;
      throw e;
    }
  }

  private BackupBlob write(Tid tid, Oid oid, BlobInput input) throws IOException {
    BlobProgress progress = new BlobProgress(new BlobPart(tid, oid, 0, Bytes.EMPTY), sizeBytes);
    try (InputStream bytes = input.open()) {
      byte[] next = bytes.readNBytes(blobPartBytes);
      while (next.length > 0 || progress.length() == 0) {
        BlobPart part = new BlobPart(tid, oid, progress.length(), Bytes.wrap(next));
        frame(SegmentFormat.BLOB, part.encode());
        progress.add(part);
        if (next.length == 0) {
          break;
        }
        next = bytes.readNBytes(blobPartBytes);
      }
    }
    return progress.finish(path);
  }

  private static MessageDigest copy(MessageDigest digest) {
    try {
      return (MessageDigest) digest.clone();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("the platform's SHA-256 can be copied", e);
    }
  }

  private void flush() throws IOException {
    if (inBlock == 0) {
      return;
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream(block.size() / 2 + Integer.BYTES);
    body.writeBytes(bytes(Integer.BYTES + block.size()));
    deflate(inBlock, block::writeTo, body);
    block.reset();
    inBlock = 0;
    frame(SegmentFormat.BLOCK, Bytes.wrap(body.toByteArray()));
  }

  /** Deflated twice: how long that gets stands ahead of it. */
  private void writeLarge(BackupTransaction stored) throws IOException {
    CountingOutputStream text = new CountingOutputStream(OutputStream.nullOutputStream());
    SegmentFormat.encode(stored, text);
    CountingOutputStream deflated = new CountingOutputStream(OutputStream.nullOutputStream());
    deflate(1, out -> SegmentFormat.encode(stored, out), deflated);
    frame(
        SegmentFormat.BLOCK,
        Math.toIntExact(Integer.BYTES + deflated.getCount()),
        out -> {
          out.write(bytes(Math.toIntExact(Integer.BYTES + text.getCount())));
          deflate(1, each -> SegmentFormat.encode(stored, each), out);
        });
  }

  /** What writes bytes, the same ones each time. */
  @FunctionalInterface
  private interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  private void deflate(int count, Content content, OutputStream to) throws IOException {
    deflater.reset();
    DeflaterOutputStream deflated = new DeflaterOutputStream(to, deflater, DEFLATED_BUFFER_BYTES);
    deflated.write(bytes(count));
    content.writeTo(deflated);
    deflated.finish();
  }

  private static byte[] bytes(int number) {
    return ByteBuffer.allocate(Integer.BYTES).putInt(number).array();
  }

  private void frame(int kind, Bytes body) throws IOException {
    frame(kind, body.size(), out -> SegmentFormat.write(out, body));
  }

  private void frame(int kind, int length, Content content) throws IOException {
    CRC32C crc = new CRC32C();
    OutputStream out = new CheckedOutputStream(new ToFile(), crc);
    out.write(
        ByteBuffer.allocate(SegmentFormat.FRAME_HEAD_BYTES)
            .put((byte) kind)
            .putInt(length)
            .array());
    long end = sizeBytes + length;
    content.writeTo(out);
    checkInvariant(sizeBytes == end, "a frame ends at %s, expected %s", sizeBytes, end);
    write(ByteBuffer.wrap(bytes((int) crc.getValue())));
  }

  private final class ToFile extends OutputStream {
    @Override
    public void write(int single) throws IOException {
      write(new byte[] {(byte) single});
    }

    @Override
    public void write(byte[] array, int offset, int length) throws IOException {
      SegmentWriter.this.write(ByteBuffer.wrap(array, offset, length));
    }
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
        HexFormat.of().formatHex(digest.digest()),
        blobs);
  }

  /** Gives up what is not finished. */
  @Override
  public void close() throws IOException {
    deflater.end();
    file.close();
    Files.deleteIfExists(part);
  }
}
