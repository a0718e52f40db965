package io.troika.server.front.grpc;

import io.grpc.BindableService;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.ServerBuilder;
import io.grpc.ServerCall;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.opentelemetry.api.OpenTelemetry;
import io.troika.api.v1.AdminGrpc;
import io.troika.api.v1.ObjectStoreGrpc;
import io.troika.server.access.AccessControl;
import io.troika.server.health.HealthReport;
import io.troika.server.health.NodeHealth;
import io.troika.server.service.StoreGroups;
import java.io.InputStream;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * What is behind the port, whatever transport it has: the services, how their errors are mapped,
 * which calls run where, and what the health service says.
 *
 * <p>Calls run on the transport's own threads (saving a hand-over) where all they do is bounded by
 * one point read or one small transaction. Calls that may read much run on a pool. The service
 * moves checks of large transactions to its executor itself.
 */
final class FrontServices {
  private static final Set<String> SCANS =
      Set.of(
          ObjectStoreGrpc.getLoadManyMethod().getFullMethodName(),
          ObjectStoreGrpc.getLoadStreamMethod().getFullMethodName(),
          ObjectStoreGrpc.getInvalidationsSinceMethod().getFullMethodName(),
          ObjectStoreGrpc.getHistoryMethod().getFullMethodName(),
          ObjectStoreGrpc.getListTransactionsMethod().getFullMethodName(),
          ObjectStoreGrpc.getTransactionRecordsMethod().getFullMethodName(),
          ObjectStoreGrpc.getStageBlobMethod().getFullMethodName(),
          ObjectStoreGrpc.getReadBlobMethod().getFullMethodName(),
          ObjectStoreGrpc.getListObjectsMethod().getFullMethodName());

  private final String nodeId;
  private final StoreGroups groups;
  private final Executor pool;
  private final AccessControl access;
  private final WatchCalls watches;
  private final VotingConnections voting;
  private final CallLimits limits = new CallLimits(FrontServices::isScan);
  private final List<ServerInterceptor> tracing; // none or one
  private final PassOnInterceptor passingOn;
  private final NodeHealth nodeHealth;
  private final HealthStatusManager health = new HealthStatusManager();

  /**
   * @param pool for calls that may read much
   * @param answerBytesMax of one message
   */
  FrontServices(FrontSetting setting, Executor pool, int answerBytesMax) {
    OpenTelemetry telemetry = setting.telemetry();
    this.tracing = telemetry == null ? List.of() : List.of(new TraceInterceptor(telemetry));
    this.nodeId = setting.nodeId();
    this.groups = setting.groups();
    this.pool = pool;
    this.access = setting.access();
    this.passingOn = new PassOnInterceptor(groups, setting.leaders(), answerBytesMax);
    this.watches = new WatchCalls(groups, access);
    this.voting = new VotingConnections(groups);
    this.nodeHealth = setting.health();
    nodeHealth.addListener(this::sayWhetherServing);
  }

  /** Adds everything to a server that is being built. */
  void addTo(ServerBuilder<?> builder, List<BindableService> others) {
    builder
        .directExecutor()
        .addTransportFilter(voting)
        .callExecutor(this::executorOf)
        .addService(guarded(new ObjectStoreService(nodeId, groups, watches, pool)))
        .addService(
            ServerInterceptors.intercept(
                health.getHealthService(), new HealthReason(() -> nodeHealth.report().reason())))
        .addService(ProtoReflectionServiceV1.newInstance());
    others.forEach(other -> builder.addService(guarded(other)));
  }

  private ServerServiceDefinition guarded(BindableService implementation) {
    return ServerInterceptors.interceptForward(untraced(implementation), tracing);
  }

  private ServerServiceDefinition untraced(BindableService implementation) {
    // As streams of bytes, so that a message is parsed behind the interceptors and one that can't
    // be is answered like any other mistake.
    return ServerInterceptors.interceptForward(
        ServerInterceptors.useMarshalledMessages(
            ServerInterceptors.interceptForward(
                implementation.bindService(), new AccessInterceptor(access, pool), passingOn),
            PassingMarshaller.INSTANCE),
        new AuditInterceptor(),
        new ErrorInterceptor(),
        limits,
        CallerAddress.OF_WATCHES,
        voting);
  }

  private <Q, R> @Nullable Executor executorOf(ServerCall<Q, R> call, Metadata headers) {
    return isScan(call) ? pool : null;
  }

  private static boolean isScan(ServerCall<?, ?> call) {
    String method = call.getMethodDescriptor().getFullMethodName();
    return SCANS.contains(method) || method.startsWith(AdminGrpc.SERVICE_NAME + "/");
  }

  /** The object store where clients should be sent; Admin as long as there is somebody to ask. */
  private void sayWhetherServing(HealthReport report) {
    health.setStatus(AdminGrpc.SERVICE_NAME, status(report.alive()));
    health.setStatus(ObjectStoreGrpc.SERVICE_NAME, status(report.ready()));
    health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, status(report.ready()));
  }

  private static ServingStatus status(boolean serving) {
    return serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
  }

  /** Refuses new calls and ends watches; calls under way go on. */
  void stop() {
    limits.stop();
    health.enterTerminalState();
    watches.stop();
  }

  private static final class PassingMarshaller implements Marshaller<InputStream> {
    private static final PassingMarshaller INSTANCE = new PassingMarshaller();

    @Override
    public InputStream stream(InputStream value) {
      return value;
    }

    @Override
    public InputStream parse(InputStream stream) {
      return stream;
    }
  }
}
