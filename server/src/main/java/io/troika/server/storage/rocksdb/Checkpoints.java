package io.troika.server.storage.rocksdb;

import io.troika.server.core.model.InvariantViolation;
import io.troika.server.core.model.LogPosition;
import io.troika.server.log.DecodingException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** Makes and checks checkpoints; {@link RocksRevisionStore} has the contracts. */
final class Checkpoints {
  private static final RocksSettings FOR_A_LOOK = RocksSettings.ofMemory(8 << 20, 1 << 20);

  private Checkpoints() {}

  /**
   * @param writer held while the links are made, so that the copy is of one known position
   */
  static LogPosition create(OpenStore store, Object writer, Path target) throws IOException {
    if (Files.exists(target)) {
      throw new IOException("checkpoint " + target + ": exists already");
    }
    // Most of the flush happens here, while writing goes on.
    store.flush();
    try {
      LogPosition position;
      synchronized (writer) {
        position = store.flush(); // the rest of it: a checkpoint's own flush can end too early
        store.database().checkpoint(target);
      }
      CheckpointManifest.create(target, position, store.checksums());
      return position;
    } catch (IOException | RuntimeException e) {
      discard(target, e);
      throw e;
    }
  }

  private static void discard(Path target, Exception cause) {
    try {
      DurableFiles.deleteRecursively(target);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  static LogPosition verify(Path checkpoint) throws IOException {
    CheckpointManifest manifest = CheckpointManifest.read(checkpoint);
    manifest.verifyFiles(checkpoint);
    LogPosition found = positionInside(checkpoint);
    if (!found.equals(manifest.position())) {
      throw new IOException(
          "checkpoint %s: its database is at %s, its manifest says %s"
              .formatted(checkpoint, found, manifest.position()));
    }
    return found;
  }

  private static LogPosition positionInside(Path checkpoint) throws IOException {
    try (RocksResources resources = new RocksResources(FOR_A_LOOK);
        OpenStore store = OpenStore.openReadOnly(checkpoint, resources)) {
      return store.published().group().applied();
    } catch (InvariantViolation | DecodingException | UncheckedIOException e) {
      throw new IOException("checkpoint " + checkpoint + ": " + e.getMessage(), e);
    }
  }

  /** Verifies, drops what the manifest does not list, forces all to disk. */
  static void prepareInstall(Path checkpoint) throws IOException {
    verify(checkpoint);
    Set<String> listed = new HashSet<>();
    CheckpointManifest.read(checkpoint).files().forEach(file -> listed.add(file.name()));
    for (String name : DurableFiles.namesIn(checkpoint)) {
      if (listed.contains(name)) {
        DurableFiles.sync(checkpoint.resolve(name));
      } else if (!name.equals(CheckpointManifest.FILE_NAME)) {
        // Left by an interrupted transfer of another checkpoint: old and new are never mixed.
        Files.delete(checkpoint.resolve(name));
      }
    }
    DurableFiles.sync(checkpoint);
  }
}
