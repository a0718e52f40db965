package io.troika.server.cli.backups;

import com.google.gson.JsonObject;
import io.troika.client.Tid;
import io.troika.client.TroikaClient;
import io.troika.server.cli.imports.ReadBackText;
import io.troika.server.cli.options.Arguments;
import io.troika.server.cli.options.ClientOptions;
import io.troika.server.cli.options.ExitCodes;
import io.troika.server.cli.options.HelpOption;
import io.troika.server.cli.options.OutputOption;
import io.troika.server.cli.output.HumanUnits;
import io.troika.server.cli.output.LongTask;
import io.troika.server.cli.output.ReportedJob;
import io.troika.server.cli.output.TransactionProgress;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Gives a storage the content of a backup. */
@Command(
    name = "restore",
    description = {
      "Restore a storage from a backup, in one step that clients notice.",
      "Interrupted it has changed nothing, and goes on when started again.",
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:the storage is restored",
      "1:it is not: it has something in it, or DIR is damaged or lacks that state",
      "4:what was read back differs; the storage is as it was",
    })
public final class RestoreCommand implements Callable<Integer> {
  @Mixin HelpOption help;
  @Mixin private ClientOptions client;

  @Option(
      names = {"-s", "--storage"},
      paramLabel = "NAME",
      required = true,
      description = "The storage to restore; it is made if there is none.")
  private String storage;

  @Mixin private OutputOption output;
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "DIR", description = "The backup; it is only read.")
  private Path directory;

  @Option(
      names = "--to",
      paramLabel = "TID|TIME",
      description = "Which state. Default: the newest. Time: 2026-01-31T12:00:00Z.")
  private @Nullable String to;

  @Option(
      names = "--chain",
      paramLabel = "N",
      defaultValue = "0",
      description = "Which history. Default: the newest.")
  private int chain;

  @Option(names = "--replace", description = "What the storage holds now may be lost.")
  private boolean replace;

  @Override
  public Integer call() throws IOException, RestoreException {
    RestorePoint point = point();
    PrintWriter out = output.progress(spec.commandLine().getOut());
    RestoreReport report;
    try (TroikaClient leading = client.connect();
        TroikaClient reading = client.connectForReading();
        ReportedJob job = ReportedJob.begin(leading, "restore", storage);
        Parts parts = new Parts(job)) {
      report = RestoreRun.run(leading, reading, point, storage, replace, parts);
      job.succeeded("up to " + report.lastTid());
    } catch (RestoreException e) {
      if (e.isDifferent()) {
        spec.commandLine().getErr().println("troika: " + e.getMessage());
        spec.commandLine().getErr().flush();
        return ExitCodes.NOT_VERIFIED;
      }
      throw e;
    }
    if (report.before() > 0) {
      out.println(
          "Went on after %s transactions of an interrupted restore"
              .formatted(HumanUnits.count(report.before())));
    }
    out.println(
        "Restored %s transactions up to %s, read back %s records%s: equal"
            .formatted(
                HumanUnits.count(report.before() + report.transactions()),
                report.lastTid(),
                HumanUnits.count(report.compared()),
                ReadBackText.blobs(report.blobs())));
    out.println(
        "Storage %s is in epoch %s since transaction %s"
            .formatted(storage, report.epoch(), report.first()));
    out.flush();
    output.end(spec.commandLine().getOut(), () -> json(report));
    return ExitCodes.OK;
  }

  private JsonObject json(RestoreReport report) {
    JsonObject json = new JsonObject();
    json.addProperty("storage", storage);
    json.addProperty("epoch", report.epoch());
    json.addProperty("first", report.first().toString());
    json.addProperty("lastTid", report.lastTid().toString());
    json.addProperty("before", report.before());
    json.addProperty("transactions", report.transactions());
    json.addProperty("compared", report.compared());
    json.addProperty("blobs", report.blobs());
    return json;
  }

  private RestorePoint point() throws IOException {
    if (to == null) {
      return RestorePoint.newest(directory, chain);
    }
    Tid tid = Arguments.tidOrTime(spec, "--to", to);
    return RestorePoint.at(
        directory, chain, new io.troika.server.core.model.Tid(tid.value()), !to.startsWith("0x"));
  }

  /** A progress bar for each part, one after the other. */
  private static final class Parts implements RestoreRun.Progress, AutoCloseable {
    private final ReportedJob job;
    private @Nullable LongTask present;

    private Parts(ReportedJob job) {
      this.job = job;
    }

    @Override
    public TransactionProgress begin(String part) {
      close();
      LongTask begun = new LongTask(part);
      present = begun;
      return job.part(part.toLowerCase(Locale.ROOT), "bytes", begun);
    }

    @Override
    public void close() {
      if (present != null) {
        present.close();
        present = null;
      }
    }
  }
}
