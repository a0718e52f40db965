package io.troika.server.front.grpc;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.troika.api.v1.CommitRequest;
import io.troika.api.v1.CommitResponse;
import io.troika.api.v1.ErrorDetail;
import io.troika.api.v1.GetStorageRequest;
import io.troika.api.v1.ObjectStoreGrpc;
import io.troika.api.v1.TransactionId;
import io.troika.api.v1.Write;
import io.troika.server.access.AccessControl;
import io.troika.server.config.HostAndPort;
import io.troika.server.health.FakeGroup;
import io.troika.server.service.ServiceFixture;
import io.troika.server.tls.NodeTls;
import io.troika.server.tls.NodeTls.ClientCertificates;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The server on a real port. */
final class GrpcFrontTest {
  private static final HostAndPort FREE_PORT = new HostAndPort("127.0.0.1", 0);

  private final ServiceFixture service = new ServiceFixture();
  private GrpcFront front;
  private ManagedChannel channel;

  @BeforeEach
  void start() throws IOException {
    front =
        GrpcFront.start(
            FREE_PORT,
            NodeTls.NONE.forClients(ClientCertificates.REQUIRED),
            FrontSetting.alone(
                "n1",
                service.groups,
                FakeGroup.health(service.log, service.timer),
                AccessControl.OPEN),
            List.of());
    channel =
        NettyChannelBuilder.forAddress("127.0.0.1", front.port())
            .usePlaintext()
            .maxInboundMetadataSize(4 << 20)
            .build();
  }

  @AfterEach
  void stop() throws InterruptedException {
    channel.shutdownNow();
    channel.awaitTermination(5, TimeUnit.SECONDS);
    front.close();
    service.close();
  }

  private static CommitRequest commit(long sequence, long oid, String data) {
    return CommitRequest.newBuilder()
        .setId(TransactionId.newBuilder().setSequence(sequence))
        .setStorage("main")
        .addWrites(Write.newBuilder().setOid(oid).setData(ByteString.copyFromUtf8(data)))
        .setConflictData(true)
        .build();
  }

  private ServingStatus health(String serviceName) {
    return HealthGrpc.newBlockingStub(channel)
        .withDeadlineAfter(60, TimeUnit.SECONDS)
        .check(HealthCheckRequest.newBuilder().setService(serviceName).build())
        .getStatus();
  }

  @Test
  void health_followsTheLeader() {
    assertThat(health("")).isEqualTo(ServingStatus.SERVING);
    assertThat(health("troika.v1.ObjectStore")).isEqualTo(ServingStatus.SERVING);

    service.log.loseLeader(2);

    assertThat(health("troika.v1.ObjectStore")).isEqualTo(ServingStatus.NOT_SERVING);
    assertThat(health("")).isEqualTo(ServingStatus.NOT_SERVING);
    assertThat(health("troika.v1.Admin")).isEqualTo(ServingStatus.SERVING);
    service.log.follow(2);
    assertThat(health("")).isEqualTo(ServingStatus.SERVING);
  }

  @Test
  void health_always_saysWhyInAHeader() {
    AtomicReference<Metadata> headers = new AtomicReference<>();
    service.log.loseLeader(2);

    var unused =
        HealthGrpc.newBlockingStub(channel)
            .withInterceptors(
                MetadataUtils.newCaptureMetadataInterceptor(headers, new AtomicReference<>()))
            .withDeadlineAfter(60, TimeUnit.SECONDS)
            .check(HealthCheckRequest.getDefaultInstance());

    assertThat(requireNonNull(headers.get()).get(HealthReason.KEY))
        .contains("leader: none is known in term 2");
  }

  @Test
  void reflection_listsTheServices() {
    FirstAnswer<ServerReflectionResponse> answer = new FirstAnswer<>();
    StreamObserver<ServerReflectionRequest> question =
        ServerReflectionGrpc.newStub(channel).serverReflectionInfo(answer);
    question.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
    assertThat(answer.future())
        .succeedsWithin(Duration.ofMinutes(1))
        .extracting(response -> response.getListServicesResponse().getServiceList().toString())
        .asString()
        .contains("troika.v1.ObjectStore", "grpc.health.v1.Health");
    question.onCompleted();
  }

  /** A megabyte of data in the trailers really arrives, at a client that takes it. */
  @Test
  void conflictData_large_travelsInTheTrailers() {
    ObjectStoreGrpc.ObjectStoreBlockingStub store =
        ObjectStoreGrpc.newBlockingStub(channel).withDeadlineAfter(120, TimeUnit.SECONDS);
    String data = "x".repeat(900_000);
    store.commit(commit(1, 1, data));
    ErrorDetail detail = FrontFixture.error(() -> store.commit(commit(2, 1, "y")));
    assertThat(detail.getConflicts(0).getCurrentData().size()).isEqualTo(data.length());
  }

  @Test
  void stop_callUnderWay_isAnsweredAndNewOnesAreNotTaken() throws Exception {
    service.log.hold();
    FirstAnswer<CommitResponse> answer = new FirstAnswer<>();
    ObjectStoreGrpc.newStub(channel)
        .withDeadlineAfter(120, TimeUnit.SECONDS)
        .commit(commit(1, 1, "a"), answer);
    Awaitility.await().until(() -> service.log.heldCount() == 1);
    Thread stopper = new Thread(() -> front.stop(Duration.ofMinutes(2)));
    stopper.start();
    Awaitility.await()
        .until(
            () -> {
              try {
                ObjectStoreGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(60, TimeUnit.SECONDS)
                    .getStorage(GetStorageRequest.newBuilder().setStorage("main").build());
                return false;
              } catch (StatusRuntimeException e) {
                return e.getStatus().getCode() == Status.Code.UNAVAILABLE;
              }
            });
    service.log.release();
    assertThat(answer.future()).succeedsWithin(Duration.ofMinutes(1));
    stopper.join(120_000);
    assertThat(stopper.isAlive()).isFalse();
  }

  @Test
  void start_portTaken_saysWhich() {
    HostAndPort taken = new HostAndPort("127.0.0.1", front.port());
    assertThatThrownBy(
            () ->
                GrpcFront.start(
                    taken,
                    NodeTls.NONE.forClients(ClientCertificates.REQUIRED),
                    FrontSetting.alone(
                        "n1",
                        service.groups,
                        FakeGroup.health(service.log, service.timer),
                        AccessControl.OPEN),
                    List.of()))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("can't listen on " + taken + ": ")
        .hasMessageContaining("in use");
  }
}
