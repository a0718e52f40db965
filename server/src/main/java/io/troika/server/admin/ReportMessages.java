package io.troika.server.admin;

import io.troika.api.v1.ConnectedClient;
import io.troika.api.v1.HealthCheck;
import io.troika.api.v1.NodeActivity;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.health.HealthReport;
import io.troika.server.health.HealthReport.Check;
import io.troika.server.service.ports.Leadership;
import io.troika.server.status.Activity;
import io.troika.server.status.Activity.Sample;
import io.troika.server.status.LeaderChanges.LeaderChange;
import io.troika.server.status.NodeReport;
import io.troika.server.status.NodeReport.Client;
import io.troika.server.status.NodeReport.Clients;
import io.troika.server.status.NodeReport.Disk;
import java.util.List;
import java.util.stream.IntStream;

/** A node's report as a message, and back. */
final class ReportMessages {
  private ReportMessages() {}

  static io.troika.api.v1.NodeReport message(NodeReport report) {
    return io.troika.api.v1.NodeReport.newBuilder()
        .setNodeId(report.nodeId())
        .setVersion(report.version())
        .setClockMillis(report.clockMillis())
        .setStartedMillis(report.startedMillis())
        .setAlive(report.health().alive())
        .addAllChecks(report.health().checks().stream().map(ReportMessages::message).toList())
        .setDiskTotalBytes(report.disk().totalBytes())
        .setDiskFreeBytes(report.disk().freeBytes())
        .setCertificateExpiresMillis(report.certificateExpiresMillis())
        .putAllSettings(report.settings())
        .setTerm(report.leadership().term())
        .setLeader(report.leadership().leader())
        .setActivity(message(report.activity()))
        .setClientsTotal(report.clients().total())
        .addAllClients(report.clients().shown().stream().map(ReportMessages::message).toList())
        .addAllLeaderChanges(report.leaderChanges().stream().map(ReportMessages::message).toList())
        .addAllJobs(report.jobs().stream().map(JobMessages::message).toList())
        .build();
  }

  private static HealthCheck message(Check check) {
    return HealthCheck.newBuilder()
        .setName(check.name())
        .setPassed(check.passed())
        .setDetail(check.detail())
        .build();
  }

  private static NodeActivity message(List<Sample> samples) {
    NodeActivity.Builder activity = NodeActivity.newBuilder();
    if (!samples.isEmpty()) {
      activity.setFirstSecond(samples.get(0).second());
    }
    for (Sample sample : samples) {
      activity
          .addCommits(sample.commits())
          .addConflicts(sample.conflicts())
          .addP50Micros(sample.p50Micros())
          .addP99Micros(sample.p99Micros());
    }
    return activity.build();
  }

  private static ConnectedClient message(Client client) {
    return ConnectedClient.newBuilder()
        .setProtocol(client.protocol())
        .setAddress(client.address())
        .setStorage(client.storage())
        .setToldTid(client.toldTid())
        .setBacklogEvents(client.backlogEvents())
        .build();
  }

  private static io.troika.api.v1.LeaderChange message(LeaderChange change) {
    return io.troika.api.v1.LeaderChange.newBuilder()
        .setAtMillis(change.atMillis())
        .setTerm(change.term())
        .setFrom(change.from())
        .setTo(change.to())
        .setGapMillis(change.gapMillis())
        .setPauseMillis(change.pauseMillis())
        .setGroup(change.group())
        .build();
  }

  /** What another node said; its storages are left out: they are the same here. */
  static NodeReport report(io.troika.api.v1.NodeReport message) {
    return new NodeReport(
        message.getNodeId(),
        message.getVersion(),
        message.getClockMillis(),
        message.getStartedMillis(),
        new HealthReport(
            message.getAlive(),
            message.getChecksList().stream()
                .map(check -> new Check(check.getName(), check.getPassed(), check.getDetail()))
                .toList()),
        new Leadership(
            message.getTerm(),
            message.getLeader(),
            "",
            message.getLeader().equals(message.getNodeId())),
        new Disk(message.getDiskTotalBytes(), message.getDiskFreeBytes()),
        message.getCertificateExpiresMillis(),
        message.getSettingsMap(),
        samples(message.getActivity()),
        new Clients(
            message.getClientsTotal(),
            message.getClientsList().stream()
                .limit(Clients.SHOWN_MAX)
                .map(ReportMessages::client)
                .toList()),
        message.getLeaderChangesList().stream().map(ReportMessages::change).toList(),
        message.getJobsList().stream().map(JobMessages::job).toList());
  }

  private static List<Sample> samples(NodeActivity activity) {
    int count =
        IntStream.of(
                Activity.SECONDS,
                activity.getCommitsCount(),
                activity.getConflictsCount(),
                activity.getP50MicrosCount(),
                activity.getP99MicrosCount())
            .min()
            .orElse(0);
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                new Sample(
                    activity.getFirstSecond() + i,
                    activity.getCommits(i),
                    activity.getConflicts(i),
                    activity.getP50Micros(i),
                    activity.getP99Micros(i)))
        .toList();
  }

  private static Client client(ConnectedClient client) {
    return new Client(
        client.getProtocol(),
        client.getAddress(),
        client.getStorage(),
        client.getToldTid(),
        client.getBacklogEvents());
  }

  private static LeaderChange change(io.troika.api.v1.LeaderChange change) {
    return new LeaderChange(
        change.getGroup().isEmpty() ? GroupInfo.MAIN : change.getGroup(),
        change.getAtMillis(),
        change.getTerm(),
        change.getFrom(),
        change.getTo(),
        change.getGapMillis(),
        change.getPauseMillis());
  }
}
