package io.troika.server.admin;

import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.troika.api.v1.GetNodeReportRequest;
import io.troika.api.v1.MonitorGrpc;
import io.troika.server.config.HostAndPort;
import io.troika.server.status.NodeReport;
import io.troika.server.status.PeerReports;
import io.troika.server.tls.NodeTls;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Over a gRPC channel to the member's client address. While somebody looks at a status page it is
 * asked each second, so the channel is kept; its connection ends when nobody does.
 */
public final class GrpcPeerReports implements PeerReports {
  private static final long IDLE_SECONDS = 30;

  private final NodeTls tls;
  private final Map<String, ManagedChannel> channels = new ConcurrentHashMap<>();

  /** Connections as {@code tls} wants them. */
  public GrpcPeerReports(NodeTls tls) {
    this.tls = tls;
  }

  @Override
  public CompletableFuture<NodeReport> report(String clientAddress, Duration patience) {
    ManagedChannel channel = channels.computeIfAbsent(clientAddress, this::open);
    if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
      channel.resetConnectBackoff();
    }
    CompletableFuture<NodeReport> answer = new CompletableFuture<>();
    MonitorGrpc.newStub(channel)
        .withDeadlineAfter(patience.toNanos(), NANOSECONDS)
        .getNodeReport(GetNodeReportRequest.getDefaultInstance(), new Answer(answer));
    return answer;
  }

  private ManagedChannel open(String clientAddress) {
    return NettyChannelBuilder.forTarget("dns:///" + HostAndPort.parse(clientAddress), tls.toNode())
        .proxyDetector(target -> null)
        .idleTimeout(IDLE_SECONDS, SECONDS)
        .directExecutor()
        .build();
  }

  @Override
  public void close() {
    channels.values().forEach(ManagedChannel::shutdownNow);
  }

  private static final class Answer implements StreamObserver<io.troika.api.v1.NodeReport> {
    private final CompletableFuture<NodeReport> answer;

    private Answer(CompletableFuture<NodeReport> answer) {
      this.answer = answer;
    }

    @Override
    public void onNext(io.troika.api.v1.NodeReport message) {
      answer.complete(ReportMessages.report(message));
    }

    @Override
    public void onError(Throwable failure) {
      answer.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {
      answer.completeExceptionally(new IllegalStateException("it ended without a report"));
    }
  }
}
