package io.troika.server.backup;

import io.troika.server.backup.Manifest.BlobTotals;
import io.troika.server.backup.Manifest.Chain;
import io.troika.server.backup.Manifest.Segment;
import io.troika.server.backup.SegmentFormat.BlobPart;
import io.troika.server.backup.SegmentFrames.Frame;
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
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * Reads one segment and trusts nothing in it: frames by their checksums, what is in them by what
 * the manifest says, all of it by the digest. Memory: one block, one part of a blob. Not
 * thread-safe.
 */
public final class SegmentReader implements AutoCloseable {
  /** A deflated text is never longer than so many times its own size, and a little. */
  private static final long DEFLATED_RATIO_MAX = 1_100;

  private static final int BUFFER_BYTES = 1 << 16;

  private final Chain chain;
  private final Segment segment;
  private final MessageDigest digest = Sha256.start();
  private final Path path;
  private final InputStream file;
  private final SegmentFrames frames;
  private final Inflater inflater = new Inflater();
  private final ArrayDeque<BackupTransaction> block = new ArrayDeque<>();

  /** Whole ones that no transaction has named yet, by their positions. */
  private final Map<Long, BackupBlob> unnamed = new HashMap<>();

  private @Nullable BlobProgress blob;
  private Tid last;
  private long transactions;
  private long records;
  private BlobTotals blobs = BlobTotals.NONE;
  private boolean ended;

  private SegmentReader(Chain chain, Segment segment, Path path, InputStream file) {
    this.chain = chain;
    this.segment = segment;
    this.path = path;
    this.last = segment.after();
    this.file = new DigestInputStream(new BufferedInputStream(file, BUFFER_BYTES), digest);
    this.frames = new SegmentFrames(segment.file(), this.file, 0, segment.sizeBytes());
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
    SegmentReader reader = new SegmentReader(chain, segment, path, file);
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
    Bytes start = frames.read(SegmentFormat.START_BYTES);
    if (!start.slice(0, SegmentFormat.MAGIC.size()).equals(SegmentFormat.MAGIC)) {
      throw frames.damaged("this is no segment of a backup");
    }
    int version = start.at(SegmentFormat.MAGIC.size());
    if (version != SegmentFormat.VERSION) {
      throw frames.damaged("format %s, expected %s".formatted(version, SegmentFormat.VERSION));
    }
    Bytes body = frames.next(SegmentFormat.HEAD);
    SegmentFormat.Head head = decode("head", body, SegmentFormat.Head::read);
    if (!head.equals(new SegmentFormat.Head(chain.uuid(), chain.epoch(), segment.after()))) {
      throw frames.damaged("it belongs elsewhere: %s".formatted(head));
    }
  }

  /**
   * The next transaction, or null after the last; null also says that all of the file was as it was
   * written.
   */
  public @Nullable BackupTransaction next() throws IOException {
    while (block.isEmpty() && !ended) {
      readFrame();
    }
    return block.poll();
  }

  /** How far in the file. */
  public long positionBytes() {
    return frames.position();
  }

  private void readFrame() throws IOException {
    Frame frame = frames.next();
    if (frame.kind() != SegmentFormat.BLOB) {
      endBlob();
    }
    switch (frame.kind()) {
      case SegmentFormat.BLOCK -> readBlock(frame.body());
      case SegmentFormat.BLOB -> readBlobPart(frame);
      case SegmentFormat.END -> readEnd(frame.body());
      default -> throw frames.damaged("a frame of kind %s is not known".formatted(frame.kind()));
    }
  }

  private void readBlobPart(Frame frame) throws IOException {
    BlobPart part = decode("blob", frame.body(), SegmentFormat::readBlobPart);
    BlobProgress begun = blob;
    if (begun == null || !begun.isNext(part)) {
      endBlob();
      begun = new BlobProgress(part, frame.start());
      blob = begun;
      if (!begun.isNext(part)) {
        throw frames.damaged("a part of a blob without those before: %s".formatted(part));
      }
    }
    begun.add(part);
  }

  private void endBlob() {
    if (blob != null) {
      BackupBlob whole = blob.finish(path);
      unnamed.put(whole.position(), whole);
      blobs = blobs.with(whole);
      blob = null;
    }
  }

  private void readBlock(Bytes body) throws IOException {
    List<BackupTransaction> read =
        decode(
            "block",
            inflate(body),
            text ->
                text.list(
                    SegmentFormat.TRANSACTION_BYTES_MIN, () -> SegmentFormat.read(text, path)));
    for (BackupTransaction each : read) {
      Tid tid = each.transaction().tid();
      if (tid.compareTo(last) <= 0) {
        throw frames.damaged("transaction %s after %s".formatted(tid, last));
      }
      for (BackupBlob named : each.blobs().values()) {
        if (!named.equals(unnamed.remove(named.position()))) {
          throw frames.damaged("the blob of oid %s of %s".formatted(named.oid(), tid));
        }
      }
      last = tid;
      transactions++;
      records += each.transaction().revisions().size();
      block.add(each);
    }
    if (!unnamed.isEmpty()) {
      throw frames.damaged("%s blobs that no transaction names".formatted(unnamed.size()));
    }
  }

  private Bytes inflate(Bytes body) throws IOException {
    int length = body.size() < Integer.BYTES ? -1 : body.asByteBuffer().getInt();
    long deflated = body.size() - (long) Integer.BYTES;
    if (length <= 0 || length > deflated * DEFLATED_RATIO_MAX) {
      throw frames.damaged("a block of %s bytes, deflated to %s".formatted(length, deflated));
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
        throw frames.damaged("a block of another length than it says");
      }
    } catch (DataFormatException e) {
      throw frames.damaged("a block that cannot be inflated: " + e.getMessage());
    }
    return Bytes.wrap(text);
  }

  private void readEnd(Bytes body) throws IOException {
    SegmentFormat.End end = decode("end", body, SegmentFormat.End::read);
    SegmentFormat.End read = new SegmentFormat.End(transactions, records, last);
    SegmentFormat.End told =
        new SegmentFormat.End(segment.transactions(), segment.records(), segment.last());
    if (!end.equals(read) || !end.equals(told) || !blobs.equals(segment.blobs())) {
      throw frames.damaged(
          "it ends with %s, has %s, the manifest says %s".formatted(end, read, told));
    }
    if (frames.position() != segment.sizeBytes()) {
      throw frames.damaged("bytes behind its end");
    }
    if (!HexFormat.of().formatHex(digest.digest()).equals(segment.sha256())) {
      throw frames.damagedFile("its SHA-256 is not that of the manifest");
    }
    ended = true;
  }

  private <T> T decode(String what, Bytes body, Function<ByteReader, T> read)
      throws DamagedBackupException {
    try {
      return ByteReader.readWhole(what, body, read);
    } catch (DecodingException e) {
      throw frames.damaged(String.valueOf(e.getMessage()));
    }
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
