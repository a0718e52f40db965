package io.troika.client.internal.transaction;

import com.google.protobuf.ByteString;
import io.troika.api.v1.BlobInfo;
import io.troika.api.v1.BlobPart;
import io.troika.client.Blob;
import io.troika.client.BrokenException;
import io.troika.client.Oid;
import io.troika.client.Tid;
import io.troika.client.internal.Futures;
import java.io.InputStream;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A committed blob, read range by range. */
final class StoredBlob implements Blob {
  private static final int CHUNK_BYTES_MAX = 1 << 20;

  private final StoreCalls calls;
  private final Oid oid;
  private final Tid serial;
  private final BlobInfo info;

  private StoredBlob(StoreCalls calls, Oid oid, Tid serial, BlobInfo info) {
    this.calls = calls;
    this.oid = oid;
    this.serial = serial;
    this.info = info;
  }

  /** Asks a node what it is. */
  static StoredBlob open(StoreCalls calls, Oid oid, Tid serial) {
    List<BlobPart> parts = Futures.await(calls.readBlob(oid, serial, 0, 1));
    BlobInfo info = infoOf(parts, oid);
    if (info.getLength() < 0
        || info.getChunkBytes() < 1
        || info.getChunkBytes() > CHUNK_BYTES_MAX) {
      throw new BrokenException(
          "oid %s: a blob of %d bytes in chunks of %d"
              .formatted(oid, info.getLength(), info.getChunkBytes()),
          null);
    }
    return new StoredBlob(calls, oid, serial, info);
  }

  private static BlobInfo infoOf(List<BlobPart> parts, Oid oid) {
    if (parts.isEmpty() || !parts.get(0).hasBlob()) {
      throw new BrokenException("oid " + oid + ": an answer does not say what the blob is", null);
    }
    return parts.get(0).getBlob();
  }

  @Override
  public Oid oid() {
    return oid;
  }

  @Override
  public Tid serial() {
    return serial;
  }

  @Override
  public long length() {
    return info.getLength();
  }

  BlobInfo info() {
    return info;
  }

  @Override
  public InputStream stream() {
    return new BlobStream(this, 0, length());
  }

  @Override
  public InputStream range(long offset, long bytesMax) {
    if (offset < 0 || offset > length() || bytesMax < 0) {
      throw new IllegalArgumentException(
          "oid %s: %d bytes from %d on of a blob of %d bytes"
              .formatted(oid, bytesMax, offset, length()));
    }
    return new BlobStream(this, offset, offset + Math.min(bytesMax, length() - offset));
  }

  /** Asks for a range, which must be in the blob; fails if the answer is not that. */
  CompletableFuture<byte[]> read(long offset, int size) {
    return calls
        .readBlob(oid, serial, offset, size)
        .thenApply(
            parts -> {
              ByteString bytes =
                  ByteString.copyFrom(parts.stream().map(BlobPart::getData).toList());
              if (!infoOf(parts, oid).equals(info) || bytes.size() != size) {
                throw new BrokenException(
                    "oid %s at %s: %d bytes from %d on of its blob, expected %d of the same blob"
                        .formatted(oid, serial, bytes.size(), offset, size),
                    null);
              }
              return bytes.toByteArray();
            });
  }
}
