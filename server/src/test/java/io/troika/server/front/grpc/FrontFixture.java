package io.troika.server.front.grpc;

import com.google.protobuf.ByteString;
import io.grpc.BindableService;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.opentelemetry.api.OpenTelemetry;
import io.troika.api.v1.CommitRequest;
import io.troika.api.v1.Delete;
import io.troika.api.v1.ErrorDetail;
import io.troika.api.v1.GetStorageRequest;
import io.troika.api.v1.HistoryId;
import io.troika.api.v1.LoadRequest;
import io.troika.api.v1.LoadedObject;
import io.troika.api.v1.ObjectStoreGrpc;
import io.troika.api.v1.ObjectStoreGrpc.ObjectStoreBlockingStub;
import io.troika.api.v1.StorageInfo;
import io.troika.api.v1.TransactionId;
import io.troika.api.v1.Write;
import io.troika.server.access.AccessControl;
import io.troika.server.health.FakeGroup;
import io.troika.server.service.ServiceFixture;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.assertj.core.api.Assertions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;

/** All that is behind the port of a node, in process, over a fake log and a real core. */
public final class FrontFixture implements AutoCloseable {
  private static final int MESSAGE_BYTES_MAX = 8 << 20;
  private static final int METADATA_BYTES_MAX = 4 << 20;

  public final ServiceFixture service;
  public final ManagedChannel channel;
  final FrontServices front;
  private final ExecutorService pool = Executors.newFixedThreadPool(4);
  private final Server server;
  private final String name;
  private final AtomicLong sequence = new AtomicLong();

  public FrontFixture() {
    this(new ServiceFixture());
  }

  public FrontFixture(ServiceFixture service, BindableService... others) {
    this(service, AccessControl.OPEN, others);
  }

  /** Where not everybody may do everything. */
  public FrontFixture(ServiceFixture service, AccessControl access, BindableService... others) {
    this(service, access, null, others);
  }

  /** With calls that are traced. */
  public FrontFixture(
      ServiceFixture service,
      AccessControl access,
      @Nullable OpenTelemetry telemetry,
      BindableService... others) {
    this(service, access, FrontFixture::nobody, telemetry, others);
  }

  /** With others to whom calls are passed on. */
  FrontFixture(
      ServiceFixture service,
      AccessControl access,
      Function<String, Channel> leaders,
      @Nullable OpenTelemetry telemetry,
      BindableService... others) {
    this.service = service;
    front =
        new FrontServices(
            new FrontSetting(
                "n1",
                service.groups,
                FakeGroup.health(service.log, service.timer),
                access,
                leaders,
                telemetry),
            pool,
            MESSAGE_BYTES_MAX);
    name = InProcessServerBuilder.generateName();
    InProcessServerBuilder builder =
        InProcessServerBuilder.forName(name).maxInboundMessageSize(MESSAGE_BYTES_MAX);
    front.addTo(builder, List.of(others));
    try {
      server = builder.build().start();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    channel = newChannel();
  }

  private static Channel nobody(String address) {
    throw new AssertionError("passed on to " + address);
  }

  /** One more connection, the caller's to close. */
  ManagedChannel newChannel() {
    return InProcessChannelBuilder.forName(name)
        .maxInboundMetadataSize(METADATA_BYTES_MAX)
        .maxInboundMessageSize(MESSAGE_BYTES_MAX)
        .build();
  }

  public ObjectStoreBlockingStub store() {
    return ObjectStoreGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
  }

  TransactionId newId() {
    return TransactionId.newBuilder()
        .setClientHigh(7)
        .setClientLow(8)
        .setSequence(sequence.incrementAndGet())
        .build();
  }

  /** An empty transaction on "main" under a new id. */
  CommitRequest.Builder transaction() {
    return CommitRequest.newBuilder().setId(newId()).setStorage("main");
  }

  static Write write(long oid, long serial, String data) {
    return Write.newBuilder()
        .setOid(oid)
        .setSerial(serial)
        .setData(ByteString.copyFromUtf8(data))
        .build();
  }

  /** Commits a write and returns its tid. */
  long commit(long oid, long serial, String data) {
    return store().commit(transaction().addWrites(write(oid, serial, data)).build()).getTid();
  }

  long delete(long oid, long serial) {
    return store()
        .commit(transaction().addDeletes(Delete.newBuilder().setOid(oid).setSerial(serial)).build())
        .getTid();
  }

  LoadedObject load(long oid, long at) {
    return store()
        .load(LoadRequest.newBuilder().setStorage("main").setOid(oid).setAt(at).build())
        .getObject();
  }

  /** The detail of the error that the call must end with. */
  public static ErrorDetail error(ThrowingCallable call) {
    StatusRuntimeException failure =
        Assertions.catchThrowableOfType(StatusRuntimeException.class, call);
    Assertions.assertThat(failure).as("the call fails").isNotNull();
    ErrorDetail detail = ErrorMapping.detailOf(failure);
    Assertions.assertThat(detail).as("detail of %s", failure).isNotNull();
    return Objects.requireNonNull(detail);
  }

  @Override
  public void close() {
    channel.shutdownNow();
    server.shutdownNow();
    service.close();
    pool.shutdownNow();
  }

  /** The present history of storage main. */
  HistoryId history() {
    StorageInfo storage =
        store().getStorage(GetStorageRequest.newBuilder().setStorage("main").build()).getStorage();
    return HistoryId.newBuilder()
        .setStorageUuid(storage.getUuid())
        .setEpoch(storage.getEpoch())
        .build();
  }
}
