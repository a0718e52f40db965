package io.troika.server.cli.storages;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.troika.client.Bytes;
import io.troika.client.Tid;
import io.troika.client.TransactionQuery;
import io.troika.client.TransactionRecord;
import io.troika.client.TroikaClient;
import io.troika.server.cli.options.Arguments;
import io.troika.server.cli.options.ClientOptions;
import io.troika.server.cli.options.HelpOption;
import io.troika.server.cli.options.OutputOption;
import io.troika.server.cli.options.StorageOption;
import io.troika.server.cli.output.HumanUnits;
import io.troika.server.cli.output.PlainText;
import io.troika.server.cli.output.StatusText;
import io.troika.server.cli.output.TextTable;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Committed transactions, newest first. */
@Command(name = "log", description = "Show committed transactions, newest first.")
public final class LogCommand implements Runnable {
  private static final int TEXT_MAX = 40;

  @Mixin HelpOption help;
  @Mixin private ClientOptions client;
  @Mixin private StorageOption storage;
  @Mixin private OutputOption output;
  @Spec private CommandSpec spec;

  @Option(
      names = {"-n", "--limit"},
      paramLabel = "COUNT",
      defaultValue = "20",
      description = "How many, 1 to 100,000. Default: ${DEFAULT-VALUE}.")
  private int limit;

  @ArgGroup private @Nullable Where where;

  /** One of them. */
  private static final class Where {
    @Option(
        names = "--after",
        paramLabel = "TID",
        description = "Oldest first instead, those after this transaction; 0: all.")
    private @Nullable String after;

    @Option(names = "--before", paramLabel = "TID", description = "Those before this transaction.")
    private @Nullable String before;
  }

  @Override
  public void run() {
    int count = Arguments.inRange(spec, "--limit", limit, 1, 100_000);
    TransactionQuery query = query().withPageSize(Math.min(count, TransactionQuery.PAGE_SIZE_MAX));
    try (TroikaClient connected = client.connect();
        Stream<TransactionRecord> stream = connected.store(storage.name).transactions(query)) {
      List<TransactionRecord> transactions = stream.limit(count).toList();
      output.print(
          spec.commandLine().getOut(), () -> lines(transactions), () -> json(transactions));
    }
  }

  private TransactionQuery query() {
    if (where == null) {
      return TransactionQuery.newestFirst();
    }
    return where.after != null
        ? TransactionQuery.after(Arguments.tid(spec, where.after))
        : TransactionQuery.before(Arguments.tid(spec, String.valueOf(where.before)));
  }

  static List<String> lines(List<TransactionRecord> transactions) {
    TextTable table =
        new TextTable("TID", "TIME (UTC)", ">OBJECTS", ">SIZE", "USER", "DESCRIPTION");
    for (TransactionRecord transaction : transactions) {
      Tid tid = transaction.tid();
      table.row(
          tid,
          StatusText.time(tid),
          HumanUnits.count(transaction.oidCount()),
          HumanUnits.size(transaction.sizeBytes()),
          oneLine(transaction.metadata().user()),
          oneLine(transaction.metadata().description()));
    }
    return table.lines();
  }

  /** What others wrote must not move the cursor of a terminal. */
  static String oneLine(Bytes text) {
    String line = PlainText.of(text.toUtf8()).strip();
    return line.length() <= TEXT_MAX ? line : line.substring(0, TEXT_MAX - 1) + "…";
  }

  private static JsonArray json(List<TransactionRecord> transactions) {
    JsonArray array = new JsonArray();
    for (TransactionRecord transaction : transactions) {
      JsonObject json = new JsonObject();
      json.addProperty("tid", transaction.tid().toString());
      json.addProperty("time", transaction.tid().toInstant().toString());
      json.addProperty("status", String.valueOf((char) transaction.status()));
      json.addProperty("objects", transaction.oidCount());
      json.addProperty("sizeBytes", transaction.sizeBytes());
      json.addProperty("user", transaction.metadata().user().toUtf8());
      json.addProperty("description", transaction.metadata().description().toUtf8());
      transaction.id().ifPresent(id -> json.addProperty("transactionId", id.toString()));
      array.add(json);
    }
    return array;
  }
}
