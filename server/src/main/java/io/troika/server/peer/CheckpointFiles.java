package io.troika.server.peer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A checkpoint as files below a directory: their names, their checksums, their durability. A name
 * is relative, its parts divided by {@code /}, and can't lead out of the directory.
 */
final class CheckpointFiles {
  static final int NAME_LENGTH_MAX = 255;

  private static final int BUFFER_BYTES = 256 << 10;
  private static final Pattern PART = Pattern.compile("[A-Za-z0-9._-]+");

  private CheckpointFiles() {}

  /** All regular files below {@code root}, by name, in order; refuses anything else but folders. */
  static SortedMap<String, Path> in(Path root) throws IOException {
    SortedMap<String, Path> files = new TreeMap<>();
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            String name = root.relativize(file).toString();
            if (!attributes.isRegularFile() || !isName(name)) {
              throw new IOException("checkpoint: unexpected file %s".formatted(file));
            }
            files.put(name, file);
            return FileVisitResult.CONTINUE;
          }
        });
    return files;
  }

  private static boolean isName(String name) {
    if (name.length() > NAME_LENGTH_MAX) {
      return false;
    }
    for (String part : name.split("/", -1)) {
      if (!PART.matcher(part).matches() || part.equals(".") || part.equals("..")) {
        return false;
      }
    }
    return true;
  }

  /**
   * The place of a file that a peer named.
   *
   * @throws IOException if the name is not one, or would lead out of {@code root}
   */
  static Path resolve(Path root, String name) throws IOException {
    Path place = root.resolve(isName(name) ? name : "").normalize();
    if (!place.startsWith(root.normalize()) || place.equals(root.normalize())) {
      throw new IOException(
          "checkpoint: the peer named a file '%s'"
              .formatted(name.substring(0, Math.min(name.length(), NAME_LENGTH_MAX))));
    }
    return place;
  }

  /**
   * The CRC32C of a file's content.
   *
   * @param progress told of the bytes read, some at a time
   */
  static int crc32c(Path file, LongConsumer progress) throws IOException {
    CRC32C crc = new CRC32C();
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      while (channel.read(buffer.clear()) >= 0) {
        progress.accept(buffer.position());
        crc.update(buffer.flip());
      }
    }
    return (int) crc.getValue();
  }

  /** Makes the names in {@code root} and in all folders below it durable. */
  static void syncFolders(Path root) throws IOException {
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            syncFolder(folder);
            return FileVisitResult.CONTINUE;
          }
        });
    Path parent = root.toAbsolutePath().getParent();
    if (parent != null) {
      syncFolder(parent);
    }
  }

  private static void syncFolder(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** Deletes {@code root} and all below it, if it is there. Follows no links. */
  static void delete(Path root) throws IOException {
    if (!Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException failure)
              throws IOException {
            if (failure instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw failure;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            Files.deleteIfExists(folder);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
