package io.troika.server.storage.rocksdb;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Remembers the checksums of table and blob files, which never change and whose numbers a database
 * never uses twice: so the next checkpoint reads only what is new, and damage that happens in
 * between shows as a wrong checksum at the receiver. Belongs to one open database; safe for any
 * thread.
 */
final class FileChecksums {
  /** Far above the files of a database that fits its machine; past it, all are forgotten. */
  private static final int FILES_MAX = 100_000;

  private final Map<String, Integer> known = new ConcurrentHashMap<>();

  int of(Path file) throws IOException {
    String name = String.valueOf(file.getFileName());
    if (!neverChanges(name)) {
      return CheckpointManifest.checksumOf(file);
    }
    Integer checksum = known.get(name);
    if (checksum == null) {
      checksum = CheckpointManifest.checksumOf(file);
      if (known.size() >= FILES_MAX) {
        known.clear();
      }
      known.put(name, checksum);
    }
    return checksum;
  }

  /**
   * A table or blob file: RocksDB forces it to disk before it counts, and never writes it again.
   */
  static boolean neverChanges(String name) {
    return name.endsWith(".sst") || name.endsWith(".blob");
  }
}
