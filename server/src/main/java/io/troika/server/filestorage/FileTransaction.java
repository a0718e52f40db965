package io.troika.server.filestorage;

import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionMetadata;

/**
 * A transaction of a {@code Data.fs}, without its data records.
 *
 * @param position where its record begins in the file
 * @param end where the next one begins: a place to go on from
 * @param status {@code ' '} normal, {@code 'p'} packed, or what a tolerated unknown status says
 * @param metadata user, description and extension, byte for byte
 */
public record FileTransaction(
    long position, long end, Tid tid, char status, TransactionMetadata metadata) {
  /** Whether a pack went over it, so that some of its data records may be gone. */
  public boolean isPacked() {
    return status == FileStorageFormat.STATUS_PACKED;
  }

  /** Its size in the file. */
  public long sizeBytes() {
    return end - position;
  }
}
