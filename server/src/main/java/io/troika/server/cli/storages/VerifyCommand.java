package io.troika.server.cli.storages;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.troika.client.StorageInfo;
import io.troika.client.TroikaClient;
import io.troika.client.VerifyReport;
import io.troika.client.VerifyReport.Replica;
import io.troika.server.cli.options.Arguments;
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
import java.util.List;
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
      "1:a storage could not be compared (--all: the others were)",
      "3:a replica, or a whole group, did not answer",
      "4:replicas differ",
    })
public final class VerifyCommand implements Callable<Integer> {
  private static final int PATIENCE_MAX = 1_000_000;

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

  @Option(
      names = "--all",
      description = "All storages of all groups, one after the other, to the last.")
  private boolean all;

  @Override
  public Integer call() {
    int unused = Arguments.inRange(spec, "--patience", patienceSeconds, 1, PATIENCE_MAX);
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
    List<StorageVerdict> verdicts = StorageVerdict.of(storages, name -> verify(connected, name));
    output.print(
        spec.commandLine().getOut(),
        () -> verdicts.stream().flatMap(verdict -> verdict.lines().stream()).toList(),
        () -> json(verdicts));
    return StorageVerdict.exitCode(verdicts);
  }

  private static JsonArray json(List<StorageVerdict> verdicts) {
    JsonArray array = new JsonArray();
    verdicts.forEach(verdict -> array.add(verdict.json()));
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

  static JsonObject json(VerifyReport report) {
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
