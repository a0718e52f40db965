package io.troika.server.metrics;

import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.troika.server.service.ClusterControl.Member;
import io.troika.server.service.ClusterControl.Role;
import java.util.List;

/** A Raft group as this node sees it. Set from one thread at a time. */
final class GroupMetrics {
  private final String nodeId;
  private final Gauge leader;
  private final Gauge term;
  private final Gauge committed;
  private final Gauge applied;
  private final Gauge snapshot;
  private final Gauge disk;
  private final Gauge reachable;
  private final Gauge lag;

  GroupMetrics(String nodeId, PrometheusRegistry registry) {
    this.nodeId = nodeId;
    leader = gauge(registry, "troika_raft_leader", "1 if this node leads, else 0.");
    term = gauge(registry, "troika_raft_term", "The current term of this node.");
    committed =
        gauge(registry, "troika_raft_committed_index", "The last committed entry known here.");
    applied = gauge(registry, "troika_raft_applied_index", "The last entry applied here.");
    snapshot =
        gauge(
            registry, "troika_raft_snapshot_index", "The last entry that is durable in the state.");
    disk = gauge(registry, "troika_disk_bytes", "State and log of this node on disk.");
    reachable =
        Gauge.builder()
            .name("troika_raft_member_reachable")
            .help("1 if the member answered this node, else 0.")
            .labelNames("member")
            .register(registry);
    lag =
        Gauge.builder()
            .name("troika_raft_member_lag_entries")
            .help("Committed entries that the member has not applied; of those that answered.")
            .labelNames("member")
            .register(registry);
  }

  private static Gauge gauge(PrometheusRegistry registry, String name, String help) {
    return Gauge.builder().name(name).help(help).register(registry);
  }

  void set(List<Member> members) {
    long newest = members.stream().mapToLong(Member::committedIndex).max().orElse(-1);
    lag.clear();
    for (Member member : members) {
      reachable.labelValues(member.nodeId()).set(member.reachable() ? 1 : 0);
      if (member.reachable() && member.appliedIndex() >= 0) {
        lag.labelValues(member.nodeId()).set((double) Math.max(0, newest - member.appliedIndex()));
      }
      if (member.nodeId().equals(nodeId)) {
        setOwn(member);
      }
    }
  }

  private void setOwn(Member self) {
    leader.set(self.role() == Role.LEADER ? 1 : 0);
    term.set((double) self.term());
    committed.set((double) self.committedIndex());
    applied.set((double) self.appliedIndex());
    snapshot.set((double) self.snapshotIndex());
    disk.set((double) self.diskBytes());
  }
}
