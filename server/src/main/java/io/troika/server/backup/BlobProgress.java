package io.troika.server.backup;

import io.troika.server.backup.SegmentFormat.BlobPart;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Sha256;
import java.nio.file.Path;
import java.security.MessageDigest;

/** A blob whose frames are being written or read, one after the other. Not thread-safe. */
final class BlobProgress {
  private final BlobPart first;
  private final long position;
  private final MessageDigest digest = Sha256.start();
  private long length;

  /**
   * @param first its first part, not taken yet
   * @param position of that frame in the file
   */
  BlobProgress(BlobPart first, long position) {
    this.first = first;
    this.position = position;
  }

  /** Whether the part is the next one of the same blob. */
  boolean isNext(BlobPart part) {
    return part.tid().equals(first.tid())
        && part.oid().equals(first.oid())
        && part.offset() == length;
  }

  void add(BlobPart part) {
    part.data().read(digest::update);
    length += part.data().size();
  }

  /** How many bytes there are so far. */
  long length() {
    return length;
  }

  /** The blob as it is now; nothing can be added then. */
  BackupBlob finish(Path segment) {
    return new BackupBlob(
        segment, first.tid(), first.oid(), position, length, Bytes.wrap(digest.digest()));
  }
}
