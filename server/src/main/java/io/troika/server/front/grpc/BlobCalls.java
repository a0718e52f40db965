package io.troika.server.front.grpc;

import static io.troika.server.core.model.Checks.requireArgument;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.troika.api.v1.BlobPart;
import io.troika.api.v1.ReadBlobRequest;
import io.troika.api.v1.StageBlobRequest;
import io.troika.api.v1.StageChunkRequest;
import io.troika.api.v1.StageChunkResponse;
import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.messages.ByteStrings;
import io.troika.server.service.StoreGroups;
import io.troika.server.service.StoreService;
import io.troika.server.service.blobs.BlobChunk;
import io.troika.server.service.blobs.BlobContent;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;

/** Blobs: staging and reading. */
final class BlobCalls {
  private final StoreGroups groups;

  BlobCalls(StoreGroups groups) {
    this.groups = groups;
  }

  void stageChunk(StageChunkRequest request, StreamObserver<StageChunkResponse> observer) {
    Calls.answer(
        observer,
        () -> {
          BlobChunk chunk = BlobMessages.chunk(request);
          StoreService service = groups.of(request.getStorage());
          requireTransactionBytes(service, chunk.blob(), request.getTransactionBytes());
          return service.blobs().stage(service.storageToChange(request.getStorage()).id(), chunk);
        },
        BlobCalls::stagedResponse);
  }

  static StageChunkResponse stagedResponse(BlobReference staged) {
    return StageChunkResponse.newBuilder().setStaged(BlobMessages.message(staged)).build();
  }

  StreamObserver<StageBlobRequest> stageBlob(StreamObserver<StageChunkResponse> observer) {
    return BlobReceiver.receive(
        (ServerCallStreamObserver<StageChunkResponse>) observer,
        (storage, blob, transactionBytes) -> {
          StoreService service = groups.of(storage);
          requireTransactionBytes(service, blob, transactionBytes);
          return service.blobs().upload(service.storageToChange(storage).id(), blob);
        });
  }

  private static void requireTransactionBytes(StoreService service, BlobId stage, long bytes) {
    requireArgument(bytes >= 0, "%s: %s bytes of data, expected less than 2^63", stage, bytes);
    service.requireTransactionBytes(stage.transaction(), bytes);
  }

  void readBlob(ReadBlobRequest request, StreamObserver<BlobPart> observer) {
    StreamPump<BlobPart> pump = StreamPump.attach((ServerCallStreamObserver<BlobPart>) observer);
    CompletableFuture<?> unused =
        groups
            .of(request.getStorage())
            .blobs()
            .open(
                request.getStorage(),
                new Oid(request.getOid()),
                FromProto.tid("serial", request.getSerial()),
                Calls.patience())
            .thenApply(content -> parts(content, request.getOffset(), request.getLength()))
            .whenComplete(
                (parts, failure) -> {
                  if (failure != null) {
                    observer.onError(failure);
                  } else {
                    pump.start(parts);
                  }
                });
  }

  private static Iterator<BlobPart> parts(BlobContent content, long offset, long length) {
    requireArgument(length >= 0, "length %s: expected less than 2^63", length);
    Iterator<Bytes> pieces = content.range(offset, length == 0 ? Long.MAX_VALUE : length);
    return new Iterator<>() {
      private boolean begun;

      @Override
      public boolean hasNext() {
        return !begun || pieces.hasNext();
      }

      @Override
      public BlobPart next() {
        if (!begun) {
          begun = true;
          return BlobPart.newBuilder().setBlob(BlobMessages.info(content.reference())).build();
        }
        return BlobPart.newBuilder().setData(ByteStrings.of(pieces.next())).build();
      }
    };
  }
}
