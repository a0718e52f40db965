package io.troika.server.cli.imports;

import io.troika.client.BlobSource;
import io.troika.client.Oid;
import io.troika.client.Tid;
import io.troika.server.core.model.Bytes;
import io.troika.server.filestorage.BlobDirectory;
import io.troika.server.filestorage.BlobRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The blobs that belong to a {@code Data.fs}.
 *
 * @param directory where they are; null: nowhere
 * @param mayBeMissing whether a record of a blob may be without its file
 */
public record FileBlobs(@Nullable BlobDirectory directory, boolean mayBeMissing) {
  /** No directory, and nobody minds. */
  public static final FileBlobs NONE = new FileBlobs(null, true);

  /** Behind the name of a Data.fs: the directory of its blobs, where no other is named. */
  static final String SUFFIX = ".blobs";

  /** Where the blobs of a Data.fs are if nobody says so. */
  public static Path defaultFor(Path file) {
    return file.resolveSibling(file.getFileName() + SUFFIX);
  }

  /**
   * The blob that came with a revision.
   *
   * @param data of the revision
   * @throws ImportException if it must have one and its file is not there
   */
  Optional<BlobSource> of(Oid oid, Tid tid, Bytes data) throws ImportException {
    Optional<Path> file = find(oid, tid);
    if (file.isEmpty() && !mayBeMissing && BlobRecord.isOne(data)) {
      throw new ImportException(
          "object %s of transaction %s is a blob, and %s; those before it are imported. Name the directory with --blobs, or import without what is missing: --allow-missing-blobs"
              .formatted(
                  oid,
                  tid,
                  directory == null
                      ? "there is no directory of blobs"
                      : path(directory, oid, tid) + " is not there"));
    }
    return file.map(BlobSource::of);
  }

  /** The file of a revision's blob, if it is there. */
  Optional<Path> find(Oid oid, Tid tid) {
    return Optional.ofNullable(directory)
        .map(blobs -> path(blobs, oid, tid))
        .filter(Files::isRegularFile);
  }

  private static Path path(BlobDirectory directory, Oid oid, Tid tid) {
    return directory.file(
        new io.troika.server.core.model.Oid(oid.value()),
        new io.troika.server.core.model.Tid(tid.value()));
  }

  /** Those of a directory. */
  public static FileBlobs in(Path directory, boolean mayBeMissing) throws IOException {
    return new FileBlobs(BlobDirectory.open(directory), mayBeMissing);
  }
}
