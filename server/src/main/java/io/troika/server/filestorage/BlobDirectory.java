package io.troika.server.filestorage;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.stream.Stream;

/**
 * The directory of blobs beside a {@code Data.fs}, as {@code ZODB.blob.BlobStorage} keeps it: a
 * file for each revision that has a blob. {@code .layout} says how files are laid out.
 *
 * <pre>{@code
 * bushy   0x00/0x00/0x00/0x00/0x00/0x00/0x01/0x2a/0x03f0a1b2c3d4e5f6.blob    a directory a byte of the oid
 * lawn    0x012a/0x03f0a1b2c3d4e5f6.blob                                    one for each oid
 * }</pre>
 */
public final class BlobDirectory {
  private static final String LAYOUT = ".layout";
  private static final String BUSHY = "bushy";
  private static final String LAWN = "lawn";
  private static final String SUFFIX = ".blob";

  /** Where ZODB puts what is not committed yet; it expects the directory. */
  private static final String TEMPORARY = "tmp";

  private final Path directory;
  private final boolean bushy;

  private BlobDirectory(Path directory, boolean bushy) {
    this.directory = directory;
    this.bushy = bushy;
  }

  /**
   * One that is there. Without a {@code .layout} it is a lawn, unless it is empty, as for ZODB.
   *
   * @throws IOException if it can't be read, or has a layout that is not known
   */
  public static BlobDirectory open(Path directory) throws IOException {
    Path marker = directory.resolve(LAYOUT);
    String layout =
        Files.exists(marker)
            ? Files.readString(marker, US_ASCII).strip()
            : hasFiles(directory) ? LAWN : BUSHY;
    if (!layout.equals(BUSHY) && !layout.equals(LAWN)) {
      throw new IOException(
          "%s: layout '%s', expected '%s' or '%s'".formatted(marker, layout, BUSHY, LAWN));
    }
    return new BlobDirectory(directory, layout.equals(BUSHY));
  }

  private static boolean hasFiles(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.anyMatch(file -> !file.getFileName().toString().startsWith("."));
    }
  }

  /** Makes one, bushy; its parent must be there, and it must not. */
  public static BlobDirectory create(Path directory) throws IOException {
    Files.createDirectory(directory);
    Files.createDirectory(directory.resolve(TEMPORARY));
    Path marker = Files.writeString(directory.resolve(LAYOUT), BUSHY, US_ASCII);
    force(marker);
    force(directory);
    return new BlobDirectory(directory, true);
  }

  public Path path() {
    return directory;
  }

  /** The file of the blob of a revision, which may be there or not. */
  public Path file(Oid oid, Tid tid) {
    return directory(oid).resolve(shortHex(tid.value()) + SUFFIX);
  }

  private Path directory(Oid oid) {
    if (!bushy) {
      return directory.resolve(shortHex(oid.value()));
    }
    Path path = directory;
    for (int shift = Long.SIZE - Byte.SIZE; shift >= 0; shift -= Byte.SIZE) {
      path = path.resolve("0x%02x".formatted(oid.value() >>> shift & 0xff));
    }
    return path;
  }

  /** Without leading zero bytes, one byte at least. */
  private static String shortHex(long value) {
    String hex = HexFormat.of().toHexDigits(value);
    int from = 0;
    while (from < hex.length() - 2 && hex.startsWith("00", from)) {
      from += 2;
    }
    return "0x" + hex.substring(from);
  }

  /** Makes the directory that the file of a blob belongs into. Durable on return. */
  public void prepare(Oid oid) throws IOException {
    prepare(directory(oid));
  }

  private static void prepare(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      Path parent = path.resolveSibling(".").normalize();
      prepare(parent);
      Files.createDirectory(path);
      force(parent);
    }
  }

  /** Makes a file, or what is in a directory, durable. */
  public static void force(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
