package io.troika.server.front.grpc;

import static io.troika.server.core.model.Checks.requireArgument;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.troika.api.v1.StageBlobRequest;
import io.troika.api.v1.StageChunkResponse;
import io.troika.server.core.model.BlobId;
import io.troika.server.service.blobs.BlobUpload;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Takes the parts of one blob and stages them. The next part is asked for when there is room for
 * it, so a call holds what its upload holds and one message.
 *
 * <p>Used by one call, one event at a time; the next event comes only after the one before was
 * asked for.
 */
final class BlobReceiver implements StreamObserver<StageBlobRequest> {
  /** Of one part. */
  static final int PART_BYTES_MAX = 4 << 20;

  private final ServerCallStreamObserver<StageChunkResponse> observer;
  private final Uploads uploads;
  private @Nullable BlobUpload upload;
  private volatile boolean failed;

  /** Where blobs are staged. */
  interface Uploads {
    /**
     * Begins one; throws if the transaction is too large.
     *
     * @param transactionBytes of data in the transaction; 0: the blob is not of its data
     */
    BlobUpload begin(String storage, BlobId blob, long transactionBytes);
  }

  private BlobReceiver(ServerCallStreamObserver<StageChunkResponse> observer, Uploads uploads) {
    this.observer = observer;
    this.uploads = uploads;
  }

  /** To be called before the method of the call returns. */
  static BlobReceiver receive(
      ServerCallStreamObserver<StageChunkResponse> observer, Uploads uploads) {
    BlobReceiver receiver = new BlobReceiver(observer, uploads);
    observer.disableAutoRequest();
    observer.setOnCancelHandler(receiver::giveUp);
    observer.request(1);
    return receiver;
  }

  @Override
  public void onNext(StageBlobRequest part) {
    if (failed) {
      return;
    }
    try {
      BlobUpload staging = uploadOf(part);
      CompletableFuture<?> unused =
          staging
              .write(FromProto.bytes(part.getData()))
              .whenComplete(
                  (room, failure) -> {
                    if (failure == null) {
                      observer.request(1);
                    } else {
                      fail(failure);
                    }
                  });
    } catch (RuntimeException e) {
      fail(e);
    }
  }

  private BlobUpload uploadOf(StageBlobRequest part) {
    requireArgument(
        part.getData().size() <= PART_BYTES_MAX,
        "a part of %s bytes: expected at most %s",
        part.getData().size(),
        PART_BYTES_MAX);
    BlobUpload known = upload;
    if (known != null) {
      requireArgument(
          !part.hasTransaction()
              && part.getStorage().isEmpty()
              && part.getPart() == 0
              && part.getTransactionBytes() == 0,
          "transaction, its bytes, storage and part belong into the first part only");
      return known;
    }
    BlobUpload begun =
        uploads.begin(
            part.getStorage(),
            new BlobId(
                FromProto.transactionId(part.hasTransaction(), part.getTransaction()),
                part.getPart()),
            part.getTransactionBytes());
    upload = begun;
    return begun;
  }

  /** The client gave up. */
  @Override
  public void onError(Throwable failure) {
    giveUp();
  }

  private void giveUp() {
    failed = true;
    BlobUpload begun = upload;
    if (begun != null) {
      begun.close();
    }
  }

  @Override
  public void onCompleted() {
    if (failed) {
      return;
    }
    BlobUpload begun = upload;
    if (begun == null) {
      fail(new IllegalArgumentException("a blob needs at least one part"));
      return;
    }
    CompletableFuture<?> unused =
        begun
            .finish()
            .whenComplete(
                (staged, failure) -> {
                  if (failure != null) {
                    fail(failure);
                  } else if (!failed) {
                    observer.onNext(BlobCalls.stagedResponse(staged));
                    observer.onCompleted();
                  }
                });
  }

  private void fail(Throwable failure) {
    if (!failed) {
      giveUp();
      observer.onError(failure);
    }
  }
}
