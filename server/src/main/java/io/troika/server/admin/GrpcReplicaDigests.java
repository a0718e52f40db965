package io.troika.server.admin;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.troika.api.v1.AdminGrpc;
import io.troika.api.v1.GetDigestRequest;
import io.troika.api.v1.GetDigestResponse;
import io.troika.server.config.HostAndPort;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Tid;
import io.troika.server.tls.NodeTls;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * Over a gRPC channel to the member's client address, opened for each question: it is asked rarely,
 * and an address may have moved since.
 */
public final class GrpcReplicaDigests implements ReplicaDigests {
  private final NodeTls tls;

  /** Connections as {@code tls} wants them. */
  public GrpcReplicaDigests(NodeTls tls) {
    this.tls = tls;
  }

  @Override
  public CompletableFuture<Bytes> digest(
      String clientAddress, String storage, Tid at, Duration patience) {
    HostAndPort address = HostAndPort.parse(clientAddress);
    ManagedChannel channel =
        NettyChannelBuilder.forTarget("dns:///" + address, tls.toNode())
            .proxyDetector(target -> null)
            .directExecutor()
            .build();
    CompletableFuture<Bytes> answer = new CompletableFuture<>();
    AdminGrpc.newStub(channel)
        .withDeadlineAfter(patience.toNanos(), NANOSECONDS)
        .getDigest(
            GetDigestRequest.newBuilder().setStorage(storage).setAt(at.value()).build(),
            new Answer(answer));
    return answer.whenComplete((digest, failure) -> channel.shutdownNow());
  }

  @Override
  public void close() {
    // Nothing is kept between questions.
  }

  private static final class Answer implements StreamObserver<GetDigestResponse> {
    private final CompletableFuture<Bytes> answer;

    private Answer(CompletableFuture<Bytes> answer) {
      this.answer = answer;
    }

    @Override
    public void onNext(GetDigestResponse response) {
      answer.complete(Bytes.copyOf(response.getDigest().asReadOnlyByteBuffer()));
    }

    @Override
    public void onError(Throwable failure) {
      answer.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {
      answer.completeExceptionally(new IllegalStateException("it ended without a digest"));
    }
  }
}
