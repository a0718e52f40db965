package io.troika.server.front.grpc;

import static io.troika.server.core.model.Checks.requireArgument;

import io.troika.api.v1.BlobInfo;
import io.troika.api.v1.StageChunkRequest;
import io.troika.api.v1.StagedBlob;
import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.StagedData;
import io.troika.server.core.model.TransactionId;
import io.troika.server.messages.ByteStrings;
import io.troika.server.service.blobs.BlobChunk;
import java.util.List;

/** Messages about blobs to model and back. */
final class BlobMessages {
  private BlobMessages() {}

  static BlobChunk chunk(StageChunkRequest request) {
    TransactionId transaction =
        FromProto.transactionId(request.hasTransaction(), request.getTransaction());
    return new BlobChunk(
        new BlobId(transaction, request.getPart()),
        request.getChunkBytes(),
        request.getOffset(),
        FromProto.bytes(request.getData()));
  }

  /** A blob of the transaction. */
  static BlobReference reference(TransactionId transaction, StagedBlob blob) {
    requireArgument(
        blob.getDigest().size() == BlobReference.DIGEST_BYTES,
        "blob %s of %s: a digest of %s bytes, expected %s",
        blob.getPart(),
        transaction,
        blob.getDigest().size(),
        BlobReference.DIGEST_BYTES);
    return new BlobReference(
        new BlobId(transaction, blob.getPart()),
        blob.getLength(),
        blob.getChunkBytes(),
        FromProto.bytes(blob.getDigest()));
  }

  /** All of them, of the transaction. */
  static List<BlobReference> references(TransactionId transaction, List<StagedBlob> blobs) {
    return blobs.stream().map(blob -> reference(transaction, blob)).toList();
  }

  /** Data in one of the stages. */
  static StagedData staged(List<BlobReference> stages, io.troika.api.v1.StagedData message) {
    for (BlobReference stage : stages) {
      if (stage.id().part() == message.getPart()) {
        return new StagedData(
            stage.id(), stage.chunkBytes(), message.getOffset(), message.getLength());
      }
    }
    throw new IllegalArgumentException(
        "data in stage %s, which the transaction does not name"
            .formatted(Integer.toUnsignedString(message.getPart())));
  }

  static StagedBlob message(BlobReference blob) {
    return StagedBlob.newBuilder()
        .setPart(blob.id().part())
        .setLength(blob.length())
        .setChunkBytes(blob.chunkBytes())
        .setDigest(ByteStrings.of(blob.digest()))
        .build();
  }

  /** What a reader is told of a blob. */
  static BlobInfo info(BlobReference blob) {
    return BlobInfo.newBuilder()
        .setLength(blob.length())
        .setChunkBytes(blob.chunkBytes())
        .setDigest(ByteStrings.of(blob.digest()))
        .build();
  }
}
