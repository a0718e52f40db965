package io.troika.server.cli.doctor;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.troika.server.cli.doctor.Finding.Severity;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Makes all checks of one examination, and tells what they found. */
final class Doctor {
  static final List<Check> CHECKS =
      List.of(
          new ReachableCheck(),
          new QuorumCheck(),
          new LeaderCheck(),
          new GroupsCheck(),
          new ReadyCheck(),
          new LagCheck(),
          new EpochCheck(),
          new DiskCheck(),
          new QuotaCheck(),
          new ClockCheck(),
          new VersionCheck(),
          new SettingsCheck(),
          new MembersCheck(),
          new CertificateCheck());

  private final Examination examination;

  Doctor(Examination examination) {
    this.examination = examination;
  }

  /** Whether nothing at all was found. */
  boolean isWell() {
    return CHECKS.stream().allMatch(check -> check.examine(examination).isEmpty());
  }

  /** Whether the cluster can commit: a majority and a leader are there, in every group. */
  boolean canServe() {
    return List.of(new QuorumCheck(), new LeaderCheck(), new GroupsCheck()).stream()
        .flatMap(check -> check.examine(examination).stream())
        .noneMatch(finding -> finding.severity() == Severity.ERROR && finding.node().isEmpty());
  }

  /** For people: a line for each check, and two for each finding. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    int found = 0;
    for (Check check : CHECKS) {
      List<Finding> findings = check.examine(examination);
      // With nobody to ask, the rest would only say so again.
      if (findings.isEmpty() && !examination.answered().isEmpty()) {
        lines.add("ok       %-13s %s".formatted(check.name(), check.whenGood(examination)));
      }
      for (Finding finding : findings) {
        String node = finding.node().isEmpty() ? "" : finding.node() + ": ";
        lines.add(
            "%-8s %-13s %s%s"
                .formatted(
                    finding.severity().name().toLowerCase(Locale.ROOT),
                    check.name(),
                    node,
                    finding.problem()));
        lines.add("           -> " + finding.next());
      }
      found += findings.size();
    }
    lines.add("");
    lines.add(
        found == 0
            ? "Nothing is wrong."
            : "%s found%s."
                .formatted(
                    found == 1 ? "One problem" : found + " problems",
                    canServe() ? "; the cluster serves" : "; the cluster cannot commit now"));
    return lines;
  }

  /** For programs. */
  JsonObject json() {
    JsonArray checks = new JsonArray();
    for (Check check : CHECKS) {
      JsonArray findings = new JsonArray();
      for (Finding finding : check.examine(examination)) {
        JsonObject json = new JsonObject();
        json.addProperty("severity", finding.severity().name().toLowerCase(Locale.ROOT));
        json.addProperty("node", finding.node().isEmpty() ? null : finding.node());
        json.addProperty("problem", finding.problem());
        json.addProperty("next", finding.next());
        findings.add(json);
      }
      JsonObject json = new JsonObject();
      json.addProperty("name", check.name());
      json.addProperty("passed", findings.isEmpty());
      json.addProperty("detail", findings.isEmpty() ? check.whenGood(examination) : null);
      json.add("findings", findings);
      checks.add(json);
    }
    JsonObject json = new JsonObject();
    json.addProperty("well", isWell());
    json.addProperty("serves", canServe());
    json.add("nodes", nodes());
    json.add("checks", checks);
    return json;
  }

  private JsonArray nodes() {
    JsonArray nodes = new JsonArray();
    for (NodeAnswer answer : examination.answers()) {
      JsonObject json = new JsonObject();
      json.addProperty("id", answer.nodeId().isEmpty() ? null : answer.nodeId());
      json.addProperty("address", answer.address());
      json.addProperty("answered", answer.answered());
      json.addProperty(
          "clockAheadMillis", answer.answered() ? (Long) answer.clockAhead().toMillis() : null);
      json.addProperty(
          "roundTripMillis", answer.answered() ? (Long) answer.roundTrip().toMillis() : null);
      nodes.add(json);
    }
    return nodes;
  }
}
