package io.troika.server.cli.storages;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.troika.client.HistoryEntry;
import io.troika.client.Oid;
import io.troika.client.TroikaClient;
import io.troika.server.cli.options.Arguments;
import io.troika.server.cli.options.ClientOptions;
import io.troika.server.cli.options.HelpOption;
import io.troika.server.cli.options.OutputOption;
import io.troika.server.cli.options.StorageOption;
import io.troika.server.cli.output.HumanUnits;
import io.troika.server.cli.output.StatusText;
import io.troika.server.cli.output.TextTable;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The revisions of one object. */
@Command(name = "history", description = "Show the revisions of an object, newest first.")
public final class HistoryCommand implements Runnable {
  private static final int LIMIT_MAX = 1_000;

  @Mixin HelpOption help;
  @Mixin private ClientOptions client;
  @Mixin private StorageOption storage;
  @Mixin private OutputOption output;
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "OID", description = "The object, in hexadecimal.")
  private String oid;

  @Option(
      names = {"-n", "--limit"},
      paramLabel = "COUNT",
      defaultValue = "20",
      description = "How many, 1 to 1,000. Default: ${DEFAULT-VALUE}.")
  private int limit;

  @Override
  public void run() {
    Oid object = Arguments.oid(spec, oid);
    int count = Arguments.inRange(spec, "--limit", limit, 1, LIMIT_MAX);
    try (TroikaClient connected = client.connect()) {
      List<HistoryEntry> entries = connected.store(storage.name).history(object, count);
      output.print(spec.commandLine().getOut(), () -> lines(entries), () -> json(entries));
    }
  }

  static List<String> lines(List<HistoryEntry> entries) {
    TextTable table = new TextTable("TID", "TIME (UTC)", ">SIZE", "USER", "DESCRIPTION");
    for (HistoryEntry entry : entries) {
      table.row(
          entry.tid(),
          StatusText.time(entry.tid()),
          entry.absent() ? "absent" : HumanUnits.size(entry.sizeBytes()),
          LogCommand.oneLine(entry.metadata().user()),
          LogCommand.oneLine(entry.metadata().description()));
    }
    return table.lines();
  }

  private static JsonArray json(List<HistoryEntry> entries) {
    JsonArray array = new JsonArray();
    for (HistoryEntry entry : entries) {
      JsonObject json = new JsonObject();
      json.addProperty("tid", entry.tid().toString());
      json.addProperty("time", entry.tid().toInstant().toString());
      json.addProperty("absent", entry.absent());
      json.addProperty("sizeBytes", entry.sizeBytes());
      json.addProperty("user", entry.metadata().user().toUtf8());
      json.addProperty("description", entry.metadata().description().toUtf8());
      array.add(json);
    }
    return array;
  }
}
