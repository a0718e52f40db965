package io.troika.server.metrics;

import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.troika.server.service.ports.ClusterControl.Member;
import io.troika.server.service.ports.ClusterControl.Role;
import java.util.List;
import java.util.Map;

/** The Raft groups as this node sees them, by name. Set from one thread at a time. */
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
    leader = gauge(registry, "troika_raft_leader", "1 if this node leads the Raft group, else 0.");
    term = gauge(registry, "troika_raft_term", "The current term of this node.");
    committed =
        gauge(registry, "troika_raft_committed_index", "The last committed entry known here.");
    applied = gauge(registry, "troika_raft_applied_index", "The last entry applied here.");
    snapshot =
        gauge(
            registry, "troika_raft_snapshot_index", "The last entry that is durable in the state.");
    disk = gauge(registry, "troika_disk_bytes", "State and log of this node on disk.");
    reachable =
        ofMember(
            registry,
            "troika_raft_member_reachable",
            "1 if the member answered this node, else 0.");
    lag =
        ofMember(
            registry,
            "troika_raft_member_lag_entries",
            "Committed entries that the member has not applied; of those that answered.");
  }

  private static Gauge gauge(PrometheusRegistry registry, String name, String help) {
    return Gauge.builder().name(name).help(help).labelNames("group").register(registry);
  }

  private static Gauge ofMember(PrometheusRegistry registry, String name, String help) {
    return Gauge.builder().name(name).help(help).labelNames("group", "member").register(registry);
  }

  /** From now on these are all groups that there are. */
  void set(Map<String, List<Member>> groups) {
    // Groups may have been dropped, and members removed, since.
    List.of(leader, term, committed, applied, snapshot, disk, reachable, lag).forEach(Gauge::clear);
    groups.forEach(this::set);
  }

  private void set(String group, List<Member> members) {
    long newest = members.stream().mapToLong(Member::committedIndex).max().orElse(-1);
    for (Member member : members) {
      String id = member.nodeId();
      reachable.labelValues(group, id).set(member.reachable() ? 1 : 0);
      if (member.reachable() && member.appliedIndex() >= 0) {
        lag.labelValues(group, id).set((double) Math.max(0, newest - member.appliedIndex()));
      }
      if (id.equals(nodeId)) {
        setOwn(group, member);
      }
    }
  }

  private void setOwn(String group, Member self) {
    leader.labelValues(group).set(self.role() == Role.LEADER ? 1 : 0);
    term.labelValues(group).set((double) self.term());
    committed.labelValues(group).set((double) self.committedIndex());
    applied.labelValues(group).set((double) self.appliedIndex());
    snapshot.labelValues(group).set((double) self.snapshotIndex());
    disk.labelValues(group).set((double) self.diskBytes());
  }
}
