package io.troika.server.backup;

import static io.troika.server.core.model.Checks.requireArgument;

import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;

/**
 * A blob of a backup: which revision it belongs to, and where its bytes are.
 *
 * @param segment the file
 * @param position where the first of its frames begins in there
 * @param length of the blob in bytes, 0 or more
 * @param sha256 of those bytes
 */
public record BackupBlob(Path segment, Tid tid, Oid oid, long position, long length, Bytes sha256) {
  public BackupBlob {
    requireArgument(position >= 0 && length >= 0, "a blob of %s bytes at %s", length, position);
    requireArgument(
        sha256.size() == BlobReference.DIGEST_BYTES, "a SHA-256 of %s bytes", sha256.size());
  }

  /**
   * Its bytes. Reading throws {@link DamagedBackupException} where they are not as they were
   * written; the end is not told before all of them are known to be. Memory: one frame.
   */
  public InputStream open() throws IOException {
    return BackupBlobStream.open(this);
  }
}
