package io.troika.server.backup;

import static java.util.Objects.requireNonNull;

import io.troika.server.backup.Manifest.Chain;
import io.troika.server.backup.Manifest.Point;
import io.troika.server.backup.Manifest.Segment;
import io.troika.server.core.model.Tid;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The directory of a backup while one process writes it. What the manifest names is on disk and
 * never changes; the manifest itself is replaced whole. What it does not name counts for nothing.
 *
 * <p>Not thread-safe; a lock keeps other processes out.
 */
public final class BackupDirectory implements AutoCloseable {
  public static final String MANIFEST = "MANIFEST";
  private static final String LOCK = "LOCK";

  private final Path directory;
  private final FileChannel lockFile;
  private Manifest manifest;

  private BackupDirectory(Path directory, FileChannel lockFile, Manifest manifest) {
    this.directory = directory;
    this.lockFile = lockFile;
    this.manifest = manifest;
  }

  /** The manifest of a backup. */
  public static Manifest read(Path directory) throws IOException {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(directory.resolve(MANIFEST));
    } catch (NoSuchFileException e) {
      throw new BackupException(
          directory.resolve(MANIFEST) + ": no such file; there is no backup in " + directory, e);
    }
    return ManifestText.decode(MANIFEST, bytes);
  }

  /**
   * Opens the directory to go on with the backup of a storage, or to begin one: then it is created,
   * or must be empty.
   *
   * @throws BackupException if there is something else in it, or another process writes it
   */
  public static BackupDirectory open(Path directory, String storage) throws IOException {
    Files.createDirectories(directory);
    if (!isBegun(directory)) {
      requireOurs(directory);
    }
    FileChannel lockFile = lock(directory);
    try {
      // Asked again: another process may have begun it, and ended, meanwhile.
      Manifest manifest = isBegun(directory) ? read(directory) : Manifest.empty(storage);
      if (!manifest.storage().equals(storage)) {
        throw new BackupException(
            "%s has a backup of storage '%s'; storage '%s' needs a directory of its own"
                .formatted(directory, manifest.storage(), storage));
      }
      return new BackupDirectory(directory, lockFile, manifest);
    } catch (IOException e) {
      lockFile.close();
      throw e;
    }
  }

  private static boolean isBegun(Path directory) {
    return Files.exists(directory.resolve(MANIFEST));
  }

  /** Before there is a manifest only what an interrupted first run leaves may be there. */
  private static void requireOurs(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      List<String> others =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> !name.equals(LOCK) && !name.matches("\\d{4}-\\d{6}\\.segment.*"))
              .filter(name -> !name.equals(MANIFEST + SegmentWriter.PART_SUFFIX))
              .sorted()
              .toList();
      if (!others.isEmpty()) {
        throw new BackupException(
            "%s: has %s in it and no backup; a new backup needs an empty directory"
                .formatted(directory, others.get(0)));
      }
    }
  }

  private static FileChannel lock(Path directory) throws IOException {
    FileChannel file =
        FileChannel.open(
            directory.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      @Nullable FileLock lock = file.tryLock();
      if (lock != null) {
        return file;
      }
    } catch (OverlappingFileLockException e) {
      file.close();
      throw inUse(directory, e);
    }
    file.close();
    throw inUse(directory, null);
  }

  private static BackupException inUse(Path directory, @Nullable Exception cause) {
    return new BackupException(directory + ": another process writes a backup there", cause);
  }

  public Manifest manifest() {
    return manifest;
  }

  /** The chain that is being written. */
  public Chain chain() {
    return requireNonNull(manifest.lastChain());
  }

  /**
   * Goes on with the chain of a history, or begins one.
   *
   * @return whether it is a new one
   */
  public boolean select(UUID uuid, long epoch) {
    Chain last = manifest.lastChain();
    if (last != null && last.uuid().equals(uuid) && last.epoch() == epoch) {
      return false;
    }
    manifest = manifest.withChain(uuid, epoch);
    return true;
  }

  /** Begins the segment that goes on from where the chain is. */
  public SegmentWriter newSegment() throws IOException {
    return newSegment(SegmentFormat.BLOB_PART_BYTES);
  }

  SegmentWriter newSegment(int blobPartBytes) throws IOException {
    Chain chain = chain();
    String name = "%04d-%06d.segment".formatted(chain.number(), chain.segments().size() + 1);
    SegmentFormat.Head head = new SegmentFormat.Head(chain.uuid(), chain.epoch(), chain.reached());
    return SegmentWriter.create(directory.resolve(name), head, blobPartBytes);
  }

  /** Makes the segment a part of the backup. Durable on return. */
  public void add(SegmentWriter segment) throws IOException {
    Segment finished = segment.finish();
    force(directory); // the name of the segment before the manifest that names it
    put(manifest.withLast(chain().with(finished)));
  }

  /**
   * Makes the state of {@code tid}, which the segments must reach, one that can be restored.
   * Durable on return.
   *
   * @param packed the storage is packed up to here: if that is behind the last point, older states
   *     than it are missing
   */
  public void addPoint(Instant time, Tid tid, Tid packed) throws IOException {
    Point last = chain().lastPoint();
    Tid horizon;
    if (last != null && last.tid().equals(tid)) {
      horizon = last.horizon();
    } else {
      Tid before = last == null ? Tid.NONE : last.tid();
      horizon = packed.compareTo(before) > 0 ? min(packed, tid) : Tid.NONE;
    }
    put(
        manifest.withLast(
            chain().with(new Point(time.truncatedTo(ChronoUnit.SECONDS), tid, horizon))));
  }

  private static Tid min(Tid a, Tid b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  private void put(Manifest changed) throws IOException {
    Path part = directory.resolve(MANIFEST + SegmentWriter.PART_SUFFIX);
    try (FileChannel file =
        FileChannel.open(
            part,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      ByteBuffer bytes = ByteBuffer.wrap(ManifestText.encode(changed));
      while (bytes.hasRemaining()) {
        int unused = file.write(bytes);
      }
      file.force(true);
    }
    Files.move(
        part,
        directory.resolve(MANIFEST),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
    force(directory);
    manifest = changed;
  }

  private static void force(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  @Override
  public void close() throws IOException {
    lockFile.close();
  }
}
