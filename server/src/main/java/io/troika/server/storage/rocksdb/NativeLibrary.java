package io.troika.server.storage.rocksdb;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.rocksdb.NativeLibraryLoader;
import org.rocksdb.RocksDB;

/**
 * RocksDB's library, without what its own loader leaves behind: that unpacks 15 MB to a file of its
 * own in {@code java.io.tmpdir} and deletes it when the JVM ends, so a process that is killed
 * leaves it there each time. Here the file goes once it is loaded; a loaded file needs no name.
 */
final class NativeLibrary {
  private NativeLibrary() {}

  /**
   * Loads it, once per process; later calls do nothing. Options objects of RocksDB fail with
   * UnsatisfiedLinkError when this has not run before. Safe for any thread.
   *
   * @throws UncheckedIOException if {@code java.io.tmpdir} can't be written to, or what lies there
   *     can't be executed
   */
  static synchronized void load() {
    try {
      Path unpacked = Files.createTempDirectory("troika-rocksdb-");
      try {
        NativeLibraryLoader.getInstance().loadLibrary(unpacked.toString());
      } finally {
        delete(unpacked);
      }
    } catch (IOException e) {
      throw unusable(e);
    } catch (UnsatisfiedLinkError e) {
      throw unusable(new IOException(e.getMessage(), e));
    }
    RocksDB.loadLibrary(); // The compression libraries, and what RocksDB keeps of having loaded.
  }

  private static UncheckedIOException unusable(IOException cause) {
    return new UncheckedIOException(
        "RocksDB's library can't be loaded from %s (java.io.tmpdir), which has to be a directory that can be written to and is not mounted noexec: %s"
            .formatted(System.getProperty("java.io.tmpdir"), cause.getMessage()),
        cause);
  }

  private static void delete(Path directory) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }
}
