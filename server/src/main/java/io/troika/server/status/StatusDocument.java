package io.troika.server.status;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.troika.server.core.model.Tid;
import io.troika.server.health.HealthReport;
import io.troika.server.service.ports.ClusterControl.Member;
import io.troika.server.status.GroupsJson.Seen;
import io.troika.server.status.LeaderChanges.LeaderChange;
import io.troika.server.status.NodeReport.Client;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes {@code /status.json}, but for the storages: {@link StorageRows}. Its fields are documented
 * in {@code server/docs/status.md}.
 */
final class StatusDocument {
  private static final int FORMAT = 1;
  private static final int CLIENTS_MAX = 200;
  private static final double MILLIS_PER_SECOND = 1_000;

  private final NodeReport own;
  private final List<Seen> groups;
  private final Map<String, NodeReport> reports;

  private StatusDocument(NodeReport own, List<Seen> groups, Map<String, NodeReport> reports) {
    this.own = own;
    this.groups = groups;
    this.reports = reports;
  }

  /**
   * Writes it.
   *
   * @param own what this node says of itself now
   * @param groups all Raft groups, {@code g0} first
   * @param reports by node id, of those that answered and of this node
   */
  static JsonObject of(NodeReport own, List<Seen> groups, Map<String, NodeReport> reports) {
    StatusDocument writer = new StatusDocument(own, groups, reports);
    JsonObject json = new JsonObject();
    json.addProperty("format", FORMAT);
    json.addProperty("node", own.nodeId());
    json.addProperty("version", own.version());
    json.addProperty("time", time(own.clockMillis()));
    json.addProperty("uptimeSeconds", uptimeSeconds(own));
    json.add("health", health(own.health()));
    json.add("leader", GroupsJson.leader(own.leadership()));
    json.add("nodes", writer.nodes());
    json.add("groups", GroupsJson.of(groups));
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

  // ---- nodes

  private JsonArray nodes() {
    JsonArray nodes = new JsonArray();
    Seen main = groups.get(0);
    main.members().forEach(member -> nodes.add(node(member, main)));
    return nodes;
  }

  private JsonObject node(Member member, Seen main) {
    NodeReport report = reports.get(member.nodeId());
    JsonObject json = GroupsJson.node(member, main);
    json.addProperty(
        "diskFreeBytes", report == null ? null : GroupsJson.known(report.disk().freeBytes()));
    json.addProperty("ready", report == null ? null : report.health().ready());
    json.addProperty("reason", report == null ? null : report.health().reason());
    json.addProperty("version", report == null ? null : report.version());
    json.addProperty("uptimeSeconds", report == null ? null : uptimeSeconds(report));
    return json;
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

  /** Terms are counted by each group for itself. */
  private record ChangeKey(String group, long term) {}

  /** As this node saw them; those before it started, as the others did. */
  private JsonArray leaderChanges() {
    Map<ChangeKey, LeaderChange> known = new HashMap<>();
    reports.values().forEach(report -> addTo(known, report.leaderChanges()));
    own.leaderChanges().stream()
        .filter(change -> !change.from().isEmpty())
        .forEach(change -> known.put(key(change), change));
    JsonArray array = new JsonArray();
    known.values().stream()
        .sorted(LeaderChange.NEWEST_FIRST)
        .limit(LeaderChanges.CHANGES_MAX)
        .forEach(change -> array.add(json(change)));
    return array;
  }

  private static JsonObject json(LeaderChange change) {
    JsonObject json = new JsonObject();
    json.addProperty("time", time(change.atMillis()));
    json.addProperty("group", change.group());
    json.addProperty("term", change.term());
    json.addProperty("from", change.from().isEmpty() ? null : change.from());
    json.addProperty("to", change.to());
    json.addProperty("gapSeconds", change.gapMillis() / MILLIS_PER_SECOND);
    json.addProperty(
        "pauseSeconds",
        change.pauseMillis() < 0 ? null : (Double) (change.pauseMillis() / MILLIS_PER_SECOND));
    return json;
  }

  private static ChangeKey key(LeaderChange change) {
    return new ChangeKey(change.group(), change.term());
  }

  /** Of one change, whoever knew the leader before it knows more. */
  private static void addTo(Map<ChangeKey, LeaderChange> known, List<LeaderChange> changes) {
    for (LeaderChange change : changes) {
      known.merge(key(change), change, (one, other) -> one.from().isEmpty() ? other : one);
    }
  }
}
