package io.troika.server.admin;

import io.grpc.stub.StreamObserver;
import io.troika.api.v1.GetNodeReportRequest;
import io.troika.api.v1.MonitorGrpc;
import io.troika.api.v1.NodeReport;
import io.troika.server.service.StoreGroups;
import io.troika.server.status.NodeReporter;

/** The gRPC service {@code troika.v1.Monitor} of one node. */
public final class MonitorService extends MonitorGrpc.MonitorImplBase {
  private final NodeReporter reporter;
  private final StoreGroups groups;

  /** Not started by itself: goes into the server of the gRPC front. */
  public MonitorService(NodeReporter reporter, StoreGroups groups) {
    this.reporter = reporter;
    this.groups = groups;
  }

  @Override
  public void getNodeReport(GetNodeReportRequest request, StreamObserver<NodeReport> observer) {
    observer.onNext(
        ReportMessages.message(reporter.report()).toBuilder()
            .addAllStorages(AdminMessages.storages(groups))
            .build());
    observer.onCompleted();
  }
}
