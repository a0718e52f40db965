package io.troika.server.service.blobs;

import static io.troika.server.core.model.Checks.requireArgument;

import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.mvcc.BlobReads;
import io.troika.server.service.refusals.RequestRefusedException;
import io.troika.server.service.refusals.RequestRefusedException.Reason;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * The bytes of one blob on this node. They never change, and are the same on every node; nothing is
 * kept in memory but the piece that is being read. Safe for any thread, needs no closing; methods
 * read the disk.
 */
public final class BlobContent {
  private final BlobReads reads;
  private final StorageId storage;
  private final BlobReference reference;

  BlobContent(BlobReads reads, StorageId storage, BlobReference reference) {
    this.reads = reads;
    this.storage = storage;
    this.reference = reference;
  }

  /** What the blob is: length, size of its chunks, digest over them. */
  public BlobReference reference() {
    return reference;
  }

  public long length() {
    return reference.length();
  }

  /**
   * Bytes from {@code offset} on: to the end of the chunk there, at most {@code bytesMax}; at least
   * one, but at the end of the blob.
   *
   * @param offset 0 to {@link #length}
   * @throws RequestRefusedException PACKED if the revision was packed away since the blob was
   *     opened
   */
  public Bytes read(long offset, int bytesMax) {
    Bytes data = reads.read(storage, reference, offset, bytesMax);
    if (data == null) {
      throw new RequestRefusedException(
          Reason.PACKED, "blob %s of %s was packed away".formatted(reference.id(), storage));
    }
    return data;
  }

  /**
   * A range, piece by piece; each is read when it is asked for, and is at most a chunk (1 MiB).
   * {@code next} fails as {@link #read} does.
   *
   * @param from 0 to {@link #length}
   * @param bytesMax cut at the end of the blob
   */
  public Iterator<Bytes> range(long from, long bytesMax) {
    requireArgument(
        from >= 0 && from <= length(),
        "blob %s: offset %s, expected 0 to %s",
        reference.id(),
        from,
        length());
    requireArgument(bytesMax >= 0, "blob %s: %s bytes asked for", reference.id(), bytesMax);
    long end = bytesMax < length() - from ? from + bytesMax : length();
    return new Iterator<>() {
      private long offset = from;

      @Override
      public boolean hasNext() {
        return offset < end;
      }

      @Override
      public Bytes next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        Bytes data = read(offset, (int) Math.min(reference.chunkBytes(), end - offset));
        offset += data.size();
        return data;
      }
    };
  }
}
