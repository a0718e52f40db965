package io.troika.server.status;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.troika.server.core.model.Tid;
import io.troika.server.health.HealthReport;
import io.troika.server.service.ClusterControl.Member;
import io.troika.server.service.ClusterControl.Role;
import io.troika.server.service.Leadership;
import io.troika.server.status.LeaderChanges.LeaderChange;
import io.troika.server.status.NodeReport.Client;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Writes {@code /status.json}, but for the storages: {@link StorageRows}. Its fields are documented
 * in {@code server/docs/status.md}.
 */
final class StatusDocument {
  private static final int FORMAT = 1;
  private static final int CLIENTS_MAX = 200;
  private static final double MILLIS_PER_SECOND = 1_000;

  private final NodeReport own;
  private final List<Member> members;
  private final Map<String, NodeReport> reports;

  private StatusDocument(NodeReport own, List<Member> members, Map<String, NodeReport> reports) {
    this.own = own;
    this.members = members;
    this.reports = reports;
  }

  /**
   * Writes it.
   *
   * @param own what this node says of itself now
   * @param members as this node saw them last
   * @param reports by node id, of those that answered and of this node
   */
  static JsonObject of(NodeReport own, List<Member> members, Map<String, NodeReport> reports) {
    StatusDocument writer = new StatusDocument(own, members, reports);
    JsonObject json = new JsonObject();
    json.addProperty("format", FORMAT);
    json.addProperty("node", own.nodeId());
    json.addProperty("version", own.version());
    json.addProperty("time", time(own.clockMillis()));
    json.addProperty("uptimeSeconds", uptimeSeconds(own));
    json.add("health", health(own.health()));
    json.add("leader", leader(own.leadership()));
    json.add("nodes", writer.nodes());
    json.add("activity", ActivityJson.of(own, reports));
    json.add("clients", writer.clients());
    json.add("leaderChanges", writer.leaderChanges());
    json.add(
        "jobs",
        JobsJson.of(reports.values().stream().map(NodeReport::jobs).toList(), own.clockMillis()));
    return json;
  }

  private static String time(long millis) {
    return Instant.ofEpochMilli(millis).toString();
  }

  private static long uptimeSeconds(NodeReport report) {
    return Math.max(0, report.clockMillis() - report.startedMillis()) / 1_000;
  }

  private static JsonObject health(HealthReport health) {
    JsonObject json = new JsonObject();
    json.addProperty("ready", health.ready());
    json.addProperty("alive", health.alive());
    json.addProperty("reason", health.reason());
    JsonArray checks = new JsonArray();
    for (HealthReport.Check check : health.checks()) {
      JsonObject one = new JsonObject();
      one.addProperty("name", check.name());
      one.addProperty("passed", check.passed());
      one.addProperty("detail", check.detail());
      checks.add(one);
    }
    json.add("checks", checks);
    return json;
  }

  private static JsonObject leader(Leadership leadership) {
    JsonObject json = new JsonObject();
    json.addProperty("node", leadership.isKnown() ? leadership.leader() : null);
    json.addProperty("term", leadership.term());
    json.addProperty("starting", leadership.isStarting());
    return json;
  }

  // ---- nodes

  private JsonArray nodes() {
    long committed = members.stream().mapToLong(Member::committedIndex).max().orElse(-1);
    JsonArray nodes = new JsonArray();
    members.stream()
        .sorted(Comparator.comparing(Member::nodeId))
        .forEach(member -> nodes.add(node(member, committed)));
    return nodes;
  }

  private JsonObject node(Member member, long committed) {
    NodeReport report = reports.get(member.nodeId());
    boolean known = member.reachable() && member.appliedIndex() >= 0 && committed >= 0;
    JsonObject json = new JsonObject();
    json.addProperty("id", member.nodeId());
    json.addProperty("address", member.clientAddress());
    json.addProperty("reachable", member.reachable());
    json.addProperty("role", role(member));
    json.addProperty("term", known(member.term()));
    json.addProperty("committedIndex", known(member.committedIndex()));
    json.addProperty("appliedIndex", known(member.appliedIndex()));
    json.addProperty("snapshotIndex", known(member.snapshotIndex()));
    json.addProperty("lagEntries", known ? Math.max(0, committed - member.appliedIndex()) : null);
    json.addProperty("diskBytes", known(member.diskBytes()));
    json.addProperty("diskFreeBytes", report == null ? null : known(report.disk().freeBytes()));
    json.addProperty("ready", report == null ? null : report.health().ready());
    json.addProperty("reason", report == null ? null : report.health().reason());
    json.addProperty("version", report == null ? null : report.version());
    json.addProperty("uptimeSeconds", report == null ? null : uptimeSeconds(report));
    return json;
  }

  /** This node's word on who leads is newer than what the others answered. */
  private String role(Member member) {
    Leadership leadership = own.leadership();
    boolean leads = leadership.leader().equals(member.nodeId());
    if (!member.reachable()) {
      return "unknown";
    }
    Role role = leads ? Role.LEADER : member.role() == Role.LEADER ? Role.FOLLOWER : member.role();
    return role.name().toLowerCase(Locale.ROOT);
  }

  private static @Nullable Long known(long value) {
    return value < 0 ? null : (Long) value;
  }

  // ---- clients

  private record Connected(String node, Client client) {}

  private JsonObject clients() {
    List<Connected> all = new ArrayList<>();
    reports.forEach(
        (node, report) ->
            report.clients().shown().forEach(client -> all.add(new Connected(node, client))));
    JsonArray shown = new JsonArray();
    all.stream()
        .sorted(
            Comparator.comparing(Connected::node)
                .thenComparing(connected -> connected.client().protocol())
                .thenComparing(connected -> connected.client().address()))
        .limit(CLIENTS_MAX)
        .forEach(connected -> shown.add(client(connected)));
    JsonObject json = new JsonObject();
    json.addProperty(
        "total", reports.values().stream().mapToInt(report -> report.clients().total()).sum());
    json.add("shown", shown);
    return json;
  }

  private static JsonObject client(Connected connected) {
    Client client = connected.client();
    Tid told = new Tid(client.toldTid());
    JsonObject json = new JsonObject();
    json.addProperty("node", connected.node());
    json.addProperty("protocol", client.protocol());
    json.addProperty("address", client.address());
    json.addProperty("storage", client.storage());
    json.addProperty("verifiedTid", told.toString());
    json.addProperty("verifiedTime", told.isNone() ? null : told.toInstant().toString());
    json.addProperty("backlogEvents", client.backlogEvents());
    return json;
  }

  // ---- changes of the leader

  /** As this node saw them; those before it started, as the others did. */
  private JsonArray leaderChanges() {
    TreeMap<Long, LeaderChange> byTerm = new TreeMap<>(Comparator.reverseOrder());
    reports.values().forEach(report -> addTo(byTerm, report.leaderChanges()));
    own.leaderChanges().stream()
        .filter(change -> !change.from().isEmpty())
        .forEach(change -> byTerm.put(change.term(), change));
    JsonArray array = new JsonArray();
    byTerm.values().stream()
        .limit(LeaderChanges.CHANGES_MAX)
        .forEach(
            change -> {
              JsonObject json = new JsonObject();
              json.addProperty("time", time(change.atMillis()));
              json.addProperty("term", change.term());
              json.addProperty("from", change.from().isEmpty() ? null : change.from());
              json.addProperty("to", change.to());
              json.addProperty("gapSeconds", change.gapMillis() / MILLIS_PER_SECOND);
              json.addProperty(
                  "pauseSeconds",
                  change.pauseMillis() < 0
                      ? null
                      : (Double) (change.pauseMillis() / MILLIS_PER_SECOND));
              array.add(json);
            });
    return array;
  }

  /** Of one change, whoever knew the leader before it knows more. */
  private static void addTo(Map<Long, LeaderChange> byTerm, List<LeaderChange> changes) {
    for (LeaderChange change : changes) {
      byTerm.merge(change.term(), change, (one, other) -> one.from().isEmpty() ? other : one);
    }
  }
}
