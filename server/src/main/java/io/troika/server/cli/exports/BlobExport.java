package io.troika.server.cli.exports;

import io.troika.client.Blob;
import io.troika.client.ObjectStore;
import io.troika.client.UnknownBlobException;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.filestorage.BlobDirectory;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes the blobs of a storage into a directory as ZODB has it beside a {@code Data.fs}; the
 * directory is made when there is a first one. Each file is on disk when it counts.
 */
final class BlobExport {
  /** Nobody writes a blob again; ZODB makes its files so too. */
  private static final Set<PosixFilePermission> READABLE =
      PosixFilePermissions.fromString("r--r--r--");

  private final ObjectStore store;
  private final Path path;
  private @Nullable BlobDirectory directory;
  private long count;

  BlobExport(ObjectStore store, Path path) {
    this.store = store;
    this.path = path;
  }

  /** How many files there are. */
  long count() {
    return count;
  }

  /** Writes the blob that came with a revision. */
  void write(Oid oid, Tid tid) throws IOException {
    write(oid, tid, open(oid, tid));
  }

  /** The same, if it has one. */
  void writeIfPresent(Oid oid, Tid tid) throws IOException {
    Blob blob;
    try {
      blob = open(oid, tid);
    } catch (UnknownBlobException e) {
      return;
    }
    write(oid, tid, blob);
  }

  private Blob open(Oid oid, Tid tid) {
    return store.openBlob(
        new io.troika.client.Oid(oid.value()), new io.troika.client.Tid(tid.value()));
  }

  private void write(Oid oid, Tid tid, Blob blob) throws IOException {
    BlobDirectory made = directory == null ? BlobDirectory.create(path) : directory;
    directory = made;
    made.prepare(oid);
    Path file = made.file(oid, tid);
    blob.copyTo(file);
    finish(file);
  }

  /**
   * If the revision {@code dataTid} has a blob, {@code tid} has it too, as ZODB's undo leaves it.
   */
  void share(Oid oid, Tid dataTid, Tid tid) throws IOException {
    BlobDirectory made = directory;
    if (made == null || !Files.exists(made.file(oid, dataTid))) {
      return;
    }
    Path file = made.file(oid, tid);
    try {
      Files.createLink(file, made.file(oid, dataTid));
    } catch (UnsupportedOperationException | FileSystemException e) {
      Files.copy(made.file(oid, dataTid), file); // a file system without links, or of few
    }
    finish(file);
  }

  private void finish(Path file) throws IOException {
    Files.setPosixFilePermissions(file, READABLE);
    BlobDirectory.force(file);
    BlobDirectory.force(file.resolveSibling("."));
    count++;
  }
}
