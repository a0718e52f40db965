package io.troika.server.admin;

import io.grpc.stub.StreamObserver;
import io.troika.api.v1.GetNodeReportRequest;
import io.troika.api.v1.MonitorGrpc;
import io.troika.api.v1.NodeReport;
import io.troika.server.messages.StorageMessages;
import io.troika.server.service.StoreService;
import io.troika.server.status.NodeReporter;

/** The gRPC service {@code troika.v1.Monitor} of one node. */
public final class MonitorService extends MonitorGrpc.MonitorImplBase {
  private final NodeReporter reporter;
  private final StoreService service;

  /** Not started by itself: goes into the server of the gRPC front. */
  public MonitorService(NodeReporter reporter, StoreService service) {
    this.reporter = reporter;
    this.service = service;
  }

  @Override
  public void getNodeReport(GetNodeReportRequest request, StreamObserver<NodeReport> observer) {
    observer.onNext(
        ReportMessages.message(reporter.report()).toBuilder()
            .addAllStorages(service.reads().storages().stream().map(StorageMessages::info).toList())
            .build());
    observer.onCompleted();
  }
}
