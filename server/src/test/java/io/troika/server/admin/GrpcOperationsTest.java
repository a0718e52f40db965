package io.troika.server.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Context;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.troika.api.v1.AdminGrpc;
import io.troika.api.v1.TakeSnapshotRequest;
import io.troika.api.v1.TakeSnapshotResponse;
import io.troika.server.config.HostAndPort;
import io.troika.server.core.model.LogPosition;
import io.troika.server.operator.Backups;
import io.troika.server.service.ServiceFixture;
import io.troika.server.service.ports.ClusterControl;
import io.troika.server.service.ports.Leadership;
import io.troika.server.tls.NodeTls;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class GrpcOperationsTest {
  /** Answers with the seconds that it has. */
  private static final class SlowNode extends AdminGrpc.AdminImplBase {
    @Override
    public void takeSnapshot(
        TakeSnapshotRequest request, StreamObserver<TakeSnapshotResponse> observer) {
      long seconds =
          Objects.requireNonNull(Context.current().getDeadline()).timeRemaining(TimeUnit.SECONDS);
      observer.onNext(TakeSnapshotResponse.newBuilder().setIndex(seconds).build());
      observer.onCompleted();
    }
  }

  private record OneMember(String address) implements ClusterControl {
    @Override
    public CompletableFuture<List<Member>> members(Duration answerTimeout) {
      return CompletableFuture.completedFuture(
          List.of(new Member("n2", "h:2", address, true, Role.FOLLOWER, 1, 10, 7, 5, 100)));
    }

    @Override
    public CompletableFuture<Leadership> transferLeadership(String target, Duration timeout) {
      throw new UnsupportedOperationException();
    }

    @Override
    public CompletableFuture<LogPosition> takeSnapshot(Duration timeout) {
      throw new UnsupportedOperationException();
    }
  }

  private static final class NoBackups implements Backups {
    @Override
    public boolean isPossible() {
      return false;
    }

    @Override
    public String begin(String storage, String by) {
      throw new UnsupportedOperationException();
    }
  }

  /** A node tries for a minute. */
  @Test
  void takeSnapshot_waitsAsLongAsTheNodeTries() throws Exception {
    ServiceFixture service = new ServiceFixture();
    Server node =
        NettyServerBuilder.forAddress(
                new HostAndPort("127.0.0.1", 0).toSocketAddress(),
                InsecureServerCredentials.create())
            .addService(new SlowNode())
            .build()
            .start();
    try {
      String done =
          new GrpcOperations(
                  service.groups,
                  new OneMember("127.0.0.1:" + node.getPort()),
                  NodeTls.NONE,
                  Clock.systemUTC(),
                  new NoBackups())
              .takeSnapshot("n2");

      assertThat(done).matches("What n2 has applied up to entry [0-9]+ is durable\\.");
      assertThat(Long.parseLong(done.replaceAll("\\D", "").substring(1))).isGreaterThan(20);
    } finally {
      node.shutdownNow();
      service.close();
    }
  }
}
