package io.troika.server.front.grpc;

import io.grpc.stub.StreamObserver;
import io.troika.api.v1.StageChunkRequest;
import io.troika.api.v1.StageChunkResponse;
import io.troika.server.service.StoreService;

/** Blobs: staging and reading. */
final class BlobCalls {
  private final StoreService service;

  BlobCalls(StoreService service) {
    this.service = service;
  }

  void stageChunk(StageChunkRequest request, StreamObserver<StageChunkResponse> observer) {
    Calls.answer(
        observer,
        () ->
            service
                .blobs()
                .stage(
                    service.storageToChange(request.getStorage()).id(),
                    BlobMessages.chunk(request)),
        staged -> StageChunkResponse.newBuilder().setStaged(BlobMessages.message(staged)).build());
  }
}
