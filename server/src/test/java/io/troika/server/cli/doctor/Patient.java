package io.troika.server.cli.doctor;

import com.google.protobuf.ByteString;
import io.troika.api.v1.GetClusterStatusResponse;
import io.troika.api.v1.GroupStatus;
import io.troika.api.v1.HealthCheck;
import io.troika.api.v1.LeaderHint;
import io.troika.api.v1.NodeReport;
import io.troika.api.v1.NodeRole;
import io.troika.api.v1.NodeStatus;
import io.troika.api.v1.StorageInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A cluster of three in which n1 leads and all is well, until a test makes something ill. */
final class Patient {
  static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

  private static final long APPLIED = 5_000;
  private static final long GIB = 1L << 30;
  private static final String UUID = "0123456789abcdef";

  private final Map<String, NodeReport> reports = new TreeMap<>();
  private final Map<String, NodeStatus> statuses = new TreeMap<>();
  private final Map<String, NodeStatus> later = new TreeMap<>();
  private final Map<String, Duration> clocks = new HashMap<>();
  private final Map<String, Instant> certificates = new HashMap<>();
  private final Map<String, GroupStatus> groups = new TreeMap<>();
  private final List<GroupStatus> groupsLater = new ArrayList<>();
  private @Nullable Instant ownCertificate;

  Patient() {
    for (String id : List.of("n1", "n2", "n3")) {
      reports.put(id, report(id));
      statuses.put(id, status(id, APPLIED));
      later.put(id, status(id, APPLIED + 100));
    }
  }

  private static NodeReport report(String id) {
    return NodeReport.newBuilder()
        .setNodeId(id)
        .setVersion("1.2.3")
        .setAlive(true)
        .addChecks(HealthCheck.newBuilder().setName("majority").setPassed(true).setDetail("yes"))
        .setDiskTotalBytes(100 * GIB)
        .setDiskFreeBytes(50 * GIB)
        .putSettings("raft.entry-size-max", "8 MiB")
        .putSettings("limits.read-wait", "2 s")
        .putSettings("members", "n1=n1:7400, n2=n2:7400, n3=n3:7400")
        .addStorages(
            StorageInfo.newBuilder()
                .setName("main")
                .setEpoch(1)
                .setUuid(ByteString.copyFromUtf8(UUID)))
        .setTerm(3)
        .setLeader("n1")
        .build();
  }

  private static NodeStatus status(String id, long applied) {
    return NodeStatus.newBuilder()
        .setNodeId(id)
        .setClientAddress(id + ":7400")
        .setReachable(true)
        .setRole(id.equals("n1") ? NodeRole.LEADER : NodeRole.FOLLOWER)
        .setTerm(3)
        .setCommittedIndex(applied)
        .setAppliedIndex(applied)
        .build();
  }

  Patient says(String id, UnaryOperator<NodeReport.Builder> change) {
    reports.computeIfPresent(id, (key, report) -> change.apply(report.toBuilder()).build());
    return this;
  }

  /** Nobody reaches it. */
  Patient dead(String id) {
    unreachableFromHere(id);
    NodeStatus gone =
        NodeStatus.newBuilder()
            .setNodeId(id)
            .setClientAddress(id + ":7400")
            .setTerm(-1)
            .setCommittedIndex(-1)
            .setAppliedIndex(-1)
            .build();
    statuses.put(id, gone);
    later.put(id, gone);
    return this;
  }

  Patient unreachableFromHere(String id) {
    reports.remove(id);
    return this;
  }

  Patient applied(String id, long first, long second) {
    statuses.computeIfPresent(
        id, (key, status) -> status.toBuilder().setAppliedIndex(first).build());
    later.computeIfPresent(id, (key, status) -> status.toBuilder().setAppliedIndex(second).build());
    return this;
  }

  /** All take part in group g1 too, which n2 leads. */
  Patient withGroup() {
    for (String id : statuses.keySet()) {
      groups.put(id, group(APPLIED));
    }
    groupsLater.add(group(APPLIED + 100));
    return this;
  }

  private GroupStatus group(long applied) {
    return GroupStatus.newBuilder()
        .setName("g1")
        .setLeader(LeaderHint.newBuilder().setNodeId("n2").setTerm(5))
        .addAllNodes(statuses.keySet().stream().map(id -> status(id, applied)).toList())
        .build();
  }

  Patient saysOfGroup(String id, UnaryOperator<GroupStatus.Builder> change) {
    groups.computeIfPresent(id, (key, group) -> change.apply(group.toBuilder()).build());
    return this;
  }

  Patient clock(String id, Duration ahead) {
    clocks.put(id, ahead);
    return this;
  }

  Patient certificate(String id, Instant expires) {
    certificates.put(id, expires);
    return this;
  }

  Patient ownCertificate(Instant expires) {
    ownCertificate = expires;
    return this;
  }

  Examination examination() {
    List<NodeAnswer> answers = new ArrayList<>();
    for (String id : statuses.keySet()) {
      NodeReport report = reports.get(id);
      answers.add(
          new NodeAnswer(
              id,
              id + ":7400",
              report,
              report == null
                  ? null
                  : GetClusterStatusResponse.newBuilder()
                      .setAnsweringNode(id)
                      .addAllNodes(statuses.values())
                      .addAllGroups(Optional.ofNullable(groups.get(id)).stream().toList())
                      .build(),
              report == null ? "Connection refused" : "",
              clocks.getOrDefault(id, Duration.ZERO),
              Duration.ofMillis(10),
              certificates.get(id)));
    }
    GetClusterStatusResponse saidLater =
        GetClusterStatusResponse.newBuilder()
            .addAllNodes(later.values())
            .addAllGroups(groupsLater)
            .build();
    return new Examination(answers, List.of(saidLater), ownCertificate, NOW);
  }
}
