package io.troika.server.peer;

import io.troika.server.core.model.LogPosition;
import io.troika.server.peer.v1.CheckpointHeader;
import io.troika.server.peer.v1.CheckpointPart;
import io.troika.server.peer.v1.FileEntry;
import io.troika.server.peer.v1.FileStart;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A checkpoint as it arrives, written to a directory. Believes nothing that the peer says: names
 * stay inside the directory, sizes and checksums are compared with what came, a kept file must be
 * one that was there. Used by one thread.
 *
 * <p>A file is written under its own name, so what an interruption leaves of it is found, and
 * dropped for its size or checksum, by the next attempt.
 */
final class IncomingCheckpoint implements Closeable {
  /** Of what an earlier attempt left; the rest is fetched again. */
  static final int HAVE_MAX = 10_000;

  /** Free space that must remain. */
  static final long SPARE_BYTES = 64L << 20;

  private static final long FILES_MAX = 1_000_000;

  private final Path directory;
  private final Set<String> have = new HashSet<>();
  private final Set<String> received = new HashSet<>();
  private @Nullable CheckpointHeader header;
  private @Nullable OpenFile open;
  private long receivedBytes;

  /**
   * Prepares to receive.
   *
   * @param directory created if it is not there
   */
  IncomingCheckpoint(Path directory) throws IOException {
    this.directory = directory.toAbsolutePath().normalize();
    Files.createDirectories(this.directory);
  }

  /** What an earlier attempt left, read and summed now; at most {@link #HAVE_MAX} files. */
  List<FileEntry> have() throws IOException {
    List<FileEntry> entries = new ArrayList<>();
    for (Map.Entry<String, Path> file : CheckpointFiles.in(directory).entrySet()) {
      if (entries.size() == HAVE_MAX) {
        break;
      }
      entries.add(
          FileEntry.newBuilder()
              .setName(file.getKey())
              .setSizeBytes(Files.size(file.getValue()))
              .setCrc32C(CheckpointFiles.crc32c(file.getValue(), bytes -> {}))
              .build());
      have.add(file.getKey());
    }
    return entries;
  }

  /**
   * Takes the next part.
   *
   * @return the checkpoint's position with its last part, when all is durable; null before
   * @throws IOException if the part is not what must come now, or is damaged
   */
  @Nullable LogPosition accept(CheckpointPart part) throws IOException {
    switch (part.getPartCase()) {
      case PREPARING -> {}
      case HEADER -> begin(part.getHeader());
      case FILE -> startFile(part.getFile());
      case CHUNK -> file().write(part.getChunk().asReadOnlyByteBuffer());
      case END -> endFile(part.getEnd().getCrc32C());
      case DONE -> {
        return complete();
      }
      case PART_NOT_SET -> throw new IOException("checkpoint: a part of an unknown kind");
    }
    return null;
  }

  private void begin(CheckpointHeader begun) throws IOException {
    require(header == null, "a second header");
    long files = Integer.toUnsignedLong(begun.getFileCount());
    require(files <= FILES_MAX && begun.getSentBytes() >= 0, "a header without sense");
    long free = Files.getFileStore(directory).getUsableSpace();
    // Files to be replaced are counted twice; better refused than a disk filled to the brim.
    if (begun.getSentBytes() > free - SPARE_BYTES) {
      throw new IOException(
          "checkpoint: %d bytes are to come, %s has %d free, of which %d must remain"
              .formatted(begun.getSentBytes(), directory, free, SPARE_BYTES));
    }
    header = begun;
  }

  private void startFile(FileStart start) throws IOException {
    CheckpointHeader announced = header();
    require(open == null, "a file inside a file");
    require(received.size() < announced.getFileCount(), "more files than announced");
    Path place = CheckpointFiles.resolve(directory, start.getName());
    require(received.add(start.getName()), "a file twice: " + start.getName());
    if (start.getKept()) {
      require(
          have.contains(start.getName()) && Files.size(place) == start.getSizeBytes(),
          "a kept file that is not here: " + start.getName());
      sync(place);
      return;
    }
    receivedBytes += start.getSizeBytes();
    require(
        start.getSizeBytes() >= 0
            && receivedBytes >= 0
            && receivedBytes <= announced.getSentBytes(),
        "more bytes than announced");
    Files.createDirectories(parentOf(place));
    Files.deleteIfExists(place);
    open = new OpenFile(start.getName(), place, start.getSizeBytes());
  }

  private static Path parentOf(Path place) throws IOException {
    Path parent = place.getParent();
    if (parent == null) {
      throw new IOException("checkpoint: %s is no place for a file".formatted(place));
    }
    return parent;
  }

  private void endFile(int crc32c) throws IOException {
    OpenFile ended = file();
    try {
      ended.finish(crc32c);
    } finally {
      close();
    }
  }

  private LogPosition complete() throws IOException {
    CheckpointHeader announced = header();
    require(open == null, "an end inside a file");
    require(received.size() == announced.getFileCount(), "an end before all files have come");
    for (Map.Entry<String, Path> file : CheckpointFiles.in(directory).entrySet()) {
      if (!received.contains(file.getKey())) {
        Files.delete(file.getValue());
      }
    }
    CheckpointFiles.syncFolders(directory);
    return Messages.fromMessage(announced.getPosition());
  }

  private static void sync(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  private CheckpointHeader header() throws IOException {
    if (header == null) {
      throw new IOException("checkpoint: a part before the header");
    }
    return header;
  }

  private OpenFile file() throws IOException {
    if (open == null) {
      throw new IOException("checkpoint: bytes outside a file");
    }
    return open;
  }

  private static void require(boolean condition, String otherwise) throws IOException {
    if (!condition) {
      throw new IOException("checkpoint: the peer sent " + otherwise);
    }
  }

  /** Closes the file that is being written; it stays for the next attempt to look at. */
  @Override
  public void close() throws IOException {
    OpenFile closing = open;
    open = null;
    if (closing != null) {
      closing.channel.close();
    }
  }

  private static final class OpenFile {
    private final String name;
    private final Path place;
    private final long sizeBytes;
    private final FileChannel channel;
    private final CRC32C crc = new CRC32C();
    private long writtenBytes;

    OpenFile(String name, Path place, long sizeBytes) throws IOException {
      this.name = name;
      this.place = place;
      this.sizeBytes = sizeBytes;
      this.channel =
          FileChannel.open(
              place,
              StandardOpenOption.CREATE_NEW,
              StandardOpenOption.WRITE,
              LinkOption.NOFOLLOW_LINKS);
    }

    void write(ByteBuffer chunk) throws IOException {
      require(chunk.remaining() <= sizeBytes - writtenBytes, "too many bytes of " + name);
      crc.update(chunk.duplicate());
      while (chunk.hasRemaining()) {
        writtenBytes += channel.write(chunk);
      }
    }

    void finish(int expected) throws IOException {
      require(writtenBytes == sizeBytes, "too few bytes of " + name);
      int found = (int) crc.getValue();
      if (found != expected) {
        Files.deleteIfExists(place);
        throw new IOException(
            "checkpoint: %s has checksum %08x, expected %08x".formatted(name, found, expected));
      }
      channel.force(true);
    }
  }
}
