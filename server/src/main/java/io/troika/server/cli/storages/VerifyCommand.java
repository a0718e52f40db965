package io.troika.server.cli.storages;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.troika.client.StorageInfo;
import io.troika.client.TroikaClient;
import io.troika.client.VerifyReport;
import io.troika.client.VerifyReport.Replica;
import io.troika.server.cli.options.ClientOptions;
import io.troika.server.cli.options.ExitCodes;
import io.troika.server.cli.options.HelpOption;
import io.troika.server.cli.options.OutputOption;
import io.troika.server.cli.options.StorageOption;
import io.troika.server.cli.output.StatusText;
import io.troika.server.cli.output.TextTable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Compares the replicas of a storage. */
@Command(
    name = "verify",
    description = "Compare a digest of every replica of a storage. Reads all data.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:all replicas are equal",
      "3:a replica did not answer",
      "4:replicas differ",
    })
public final class VerifyCommand implements Callable<Integer> {
  @Mixin HelpOption help;
  @Mixin private ClientOptions client;
  @Mixin private StorageOption storage;
  @Mixin private OutputOption output;
  @Spec private CommandSpec spec;

  @Option(
      names = "--patience",
      paramLabel = "SECONDS",
      defaultValue = "600",
      description = "How long the replicas may take. Default: ${DEFAULT-VALUE}.")
  private int patienceSeconds;

  @Option(names = "--all", description = "All storages of all groups, one after the other.")
  private boolean all;

  @Override
  public Integer call() {
    try (TroikaClient connected = client.connect()) {
      // Digests take their time, and get it; a cluster that is not there should be told at once.
      List<StorageInfo> storages = connected.admin().storages();
      if (all) {
        return verifyAll(connected, storages);
      }
      VerifyReport report = verify(connected, storage.name);
      output.print(spec.commandLine().getOut(), () -> lines(report), () -> json(report));
      return exitCode(report);
    }
  }

  private VerifyReport verify(TroikaClient connected, String name) {
    return connected.admin().verify(name, Duration.ofSeconds(patienceSeconds));
  }

  private int verifyAll(TroikaClient connected, List<StorageInfo> storages) {
    Map<StorageInfo, VerifyReport> reports = new LinkedHashMap<>();
    for (StorageInfo each : storages) {
      reports.put(each, verify(connected, each.name()));
    }
    output.print(spec.commandLine().getOut(), () -> lines(reports), () -> json(reports));
    return reports.values().stream().mapToInt(VerifyCommand::exitCode).max().orElse(ExitCodes.OK);
  }

  /** All that is well in a line each; what is not in full. */
  static List<String> lines(Map<StorageInfo, VerifyReport> reports) {
    List<String> lines = new ArrayList<>();
    reports.forEach(
        (storage, report) -> {
          String name = storage.group() + "/" + storage.name();
          if (report.equal()) {
            lines.add(
                "%s: %s replicas are equal at %s"
                    .formatted(name, report.replicas().size(), StatusText.tid(report.at())));
          } else {
            lines.add(name + ":");
            lines(report).forEach(line -> lines.add(("  " + line).stripTrailing()));
          }
        });
    return lines;
  }

  private static JsonArray json(Map<StorageInfo, VerifyReport> reports) {
    JsonArray array = new JsonArray();
    reports.forEach(
        (storage, report) -> {
          JsonObject json = json(report);
          json.addProperty("storage", storage.name());
          json.addProperty("group", storage.group());
          array.add(json);
        });
    return array;
  }

  static int exitCode(VerifyReport report) {
    if (report.equal()) {
      return ExitCodes.OK;
    }
    long digests =
        report.replicas().stream()
            .filter(replica -> replica.problem().isEmpty())
            .map(Replica::digest)
            .distinct()
            .count();
    return digests > 1 ? ExitCodes.NOT_VERIFIED : ExitCodes.UNAVAILABLE;
  }

  static List<String> lines(VerifyReport report) {
    TextTable table = new TextTable("NODE", "DIGEST");
    for (Replica replica : report.replicas()) {
      table.row(replica.nodeId(), replica.problem().isEmpty() ? hex(replica) : replica.problem());
    }
    List<String> lines = new ArrayList<>(table.lines());
    lines.add("");
    lines.add(
        switch (exitCode(report)) {
          case ExitCodes.OK -> "equal at " + StatusText.tid(report.at());
          case ExitCodes.NOT_VERIFIED -> "NOT EQUAL at " + StatusText.tid(report.at());
          default -> "not all replicas answered";
        });
    return lines;
  }

  private static JsonObject json(VerifyReport report) {
    JsonObject json = new JsonObject();
    json.addProperty("equal", report.equal());
    json.addProperty("at", report.at().toString());
    JsonArray replicas = new JsonArray();
    for (Replica replica : report.replicas()) {
      JsonObject entry = new JsonObject();
      entry.addProperty("nodeId", replica.nodeId());
      entry.addProperty("digest", hex(replica));
      entry.addProperty("problem", replica.problem());
      replicas.add(entry);
    }
    json.add("replicas", replicas);
    return json;
  }

  private static String hex(Replica replica) {
    return HexFormat.of().formatHex(replica.digest().toByteArray());
  }
}
