package io.troika.server.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.api.v1.GetNodeReportRequest;
import io.troika.api.v1.MonitorGrpc;
import io.troika.api.v1.NodeReport;
import io.troika.api.v1.StorageInfo;
import io.troika.server.core.model.Tid;
import io.troika.server.front.grpc.FrontFixture;
import io.troika.server.health.HealthReport;
import io.troika.server.service.ServiceFixture;
import io.troika.server.status.JobBoard;
import io.troika.server.status.NodeReporter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class MonitorServiceTest {
  @Test
  void getNodeReport_hasTheStoragesAsTheNodeHasThem() {
    ServiceFixture service = new ServiceFixture();
    NodeReporter reporter =
        new NodeReporter(
            new NodeReporter.Facts("n1", "1.2.3", Path.of("."), Map.of(), () -> 0),
            service.groups,
            service.events,
            () -> new HealthReport(true, List.of()),
            new JobBoard(() -> 0),
            () -> 0);
    try (FrontFixture front =
        new FrontFixture(service, new MonitorService(reporter, service.groups))) {
      Tid tid = service.commit(1, Tid.NONE, "a");

      NodeReport report =
          MonitorGrpc.newBlockingStub(front.channel)
              .withDeadlineAfter(20, TimeUnit.SECONDS)
              .getNodeReport(GetNodeReportRequest.getDefaultInstance());

      assertThat(report.getNodeId()).isEqualTo("n1");
      assertThat(report.getStoragesList()).extracting(StorageInfo::getName).containsExactly("main");
      assertThat(report.getStorages(0).getLastTid()).isEqualTo(tid.value());
      assertThat(report.getStorages(0).getGroup()).isEqualTo("g0");
    }
  }
}
