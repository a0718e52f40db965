package io.troika.client.fake;

import com.google.protobuf.ByteString;
import io.troika.api.v1.BlobInfo;
import io.troika.api.v1.BlobPart;
import io.troika.api.v1.CommitRequest;
import io.troika.api.v1.ErrorDetail;
import io.troika.api.v1.ReadBlobRequest;
import io.troika.api.v1.RestoreRequest;
import io.troika.api.v1.RestoredRecord;
import io.troika.api.v1.RestoredTransaction;
import io.troika.api.v1.StageChunkRequest;
import io.troika.api.v1.StagedBlob;
import io.troika.api.v1.StagedData;
import io.troika.api.v1.TransactionId;
import io.troika.api.v1.Write;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What all nodes of a fake cluster know of blobs: those that are staged, and those committed. */
public final class FakeBlobs {
  private static final int PART_BYTES = 100_000;

  private final Map<Name, Staged> blobs = new HashMap<>();
  private final Map<Serial, Name> committed = new HashMap<>();

  private record Name(TransactionId transaction, int part) {}

  private record Serial(long oid, long tid) {}

  private static final class Staged {
    private final int chunkBytes;
    private ByteString bytes = ByteString.EMPTY;
    private ByteString digest = ByteString.copyFrom(new byte[32]);

    Staged(int chunkBytes) {
      this.chunkBytes = chunkBytes;
    }

    void add(ByteString chunk) {
      if (!chunk.isEmpty()) {
        bytes = bytes.concat(chunk);
        try {
          digest =
              ByteString.copyFrom(
                  MessageDigest.getInstance("SHA-256").digest(digest.concat(chunk).toByteArray()));
        } catch (NoSuchAlgorithmException e) {
          throw new IllegalStateException(e);
        }
      }
    }

    StagedBlob message(int part) {
      return StagedBlob.newBuilder()
          .setPart(part)
          .setLength(bytes.size())
          .setChunkBytes(chunkBytes)
          .setDigest(digest)
          .build();
    }
  }

  synchronized StagedBlob stage(StageChunkRequest request) {
    Name name = new Name(request.getTransaction(), request.getPart());
    Staged blob = blobs.computeIfAbsent(name, n -> new Staged(request.getChunkBytes()));
    if (request.getOffset() == blob.bytes.size()) {
      blob.add(request.getData());
    }
    return blob.message(request.getPart());
  }

  synchronized void requireStaged(CommitRequest request) {
    request.getStagesList().forEach(each -> requireStaged(request.getId(), each));
    for (Write write : request.getWritesList()) {
      if (write.hasBlob()) {
        requireStaged(request.getId(), write.getBlob());
      }
      if (write.hasStaged()) {
        requireNamed(request.getStagesList(), write.getStaged());
      }
    }
  }

  synchronized void requireStaged(RestoreRequest request) {
    request.getStagesList().forEach(each -> requireStaged(request.getId(), each));
    for (RestoredTransaction transaction : request.getTransactionsList()) {
      for (RestoredRecord record : transaction.getRecordsList()) {
        if (record.hasBlob()) {
          requireStaged(request.getId(), record.getBlob());
        }
        if (record.hasStaged()) {
          requireNamed(request.getStagesList(), record.getStaged());
        }
      }
    }
  }

  private void requireStaged(TransactionId id, StagedBlob wanted) {
    Staged blob = blobs.get(new Name(id, wanted.getPart()));
    if (blob == null || !blob.message(wanted.getPart()).equals(wanted)) {
      throw Errors.of(ErrorDetail.Code.STAGING_LOST, "not staged so");
    }
  }

  private static void requireNamed(List<StagedBlob> stages, StagedData data) {
    if (stages.stream().noneMatch(each -> each.getPart() == data.getPart())) {
      throw Errors.of(ErrorDetail.Code.INVALID_ARGUMENT, "no stage " + data.getPart());
    }
  }

  ByteString dataOf(TransactionId transaction, Write write) {
    return write.hasStaged() ? data(transaction, write.getStaged()) : write.getData();
  }

  synchronized ByteString data(TransactionId transaction, StagedData staged) {
    Staged stage = blobs.get(new Name(transaction, staged.getPart()));
    if (stage == null) {
      throw Errors.of(ErrorDetail.Code.STAGING_LOST, "not staged");
    }
    int offset = Math.toIntExact(staged.getOffset());
    return stage.bytes.substring(offset, offset + staged.getLength());
  }

  synchronized void commit(CommitRequest request, long tid) {
    for (Write write : request.getWritesList()) {
      if (write.hasBlob()) {
        committed.put(
            new Serial(write.getOid(), tid), new Name(request.getId(), write.getBlob().getPart()));
      }
    }
  }

  synchronized void commit(RestoreRequest request) {
    for (RestoredTransaction transaction : request.getTransactionsList()) {
      for (RestoredRecord record : transaction.getRecordsList()) {
        if (record.hasBlob()) {
          committed.put(
              new Serial(record.getOid(), transaction.getTid()),
              new Name(request.getId(), record.getBlob().getPart()));
        }
      }
    }
  }

  synchronized List<BlobPart> read(ReadBlobRequest request) {
    Name name = committed.get(new Serial(request.getOid(), request.getSerial()));
    Staged blob = name == null ? null : blobs.get(name);
    if (blob == null) {
      throw Errors.of(ErrorDetail.Code.UNKNOWN_BLOB, "no blob");
    }
    List<BlobPart> parts = new ArrayList<>();
    parts.add(
        BlobPart.newBuilder()
            .setBlob(
                BlobInfo.newBuilder()
                    .setLength(blob.bytes.size())
                    .setChunkBytes(blob.chunkBytes)
                    .setDigest(blob.digest))
            .build());
    int end = (int) Math.min(blob.bytes.size(), request.getOffset() + request.getLength());
    for (int at = (int) request.getOffset(); at < end; at += PART_BYTES) {
      ByteString data = blob.bytes.substring(at, Math.min(end, at + PART_BYTES));
      parts.add(BlobPart.newBuilder().setData(data).build());
    }
    return parts;
  }

  /** All that was ever staged. */
  public synchronized long stagedBytes() {
    return blobs.values().stream().mapToLong(each -> each.bytes.size()).sum();
  }

  /** As if what is staged had expired. */
  public synchronized void forgetStaged() {
    blobs.keySet().removeIf(name -> !committed.containsValue(name));
  }

  /** Other bytes in all committed blobs, their digests as before. */
  public synchronized void damage() {
    blobs.values().forEach(blob -> blob.bytes = ByteString.copyFrom(new byte[blob.bytes.size()]));
  }
}
