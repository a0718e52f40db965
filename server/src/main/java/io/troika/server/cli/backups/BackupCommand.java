package io.troika.server.cli.backups;

import io.troika.client.ObjectStore;
import io.troika.client.TroikaClient;
import io.troika.server.backup.BackupCheck;
import io.troika.server.backup.BackupDirectory;
import io.troika.server.backup.Manifest;
import io.troika.server.cli.options.ClientOptions;
import io.troika.server.cli.options.ExitCodes;
import io.troika.server.cli.options.HelpOption;
import io.troika.server.cli.options.OutputOption;
import io.troika.server.cli.options.StorageOption;
import io.troika.server.cli.output.HumanUnits;
import io.troika.server.cli.output.LongTask;
import io.troika.server.cli.output.ReportedJob;
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
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Backs a storage up, and says what a backup holds. */
@Command(
    name = "backup",
    description = {
      "Back up a storage: what DIR does not have of it yet.",
      "Read from a follower while others go on writing. Goes on where an interrupted",
      "run stopped. The way back is 'troika restore'.",
    },
    subcommands = {BackupCommand.Verify.class, BackupCommand.Listing.class},
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:the backup holds the newest transaction of the moment it began",
      "1:it was not finished; DIR still holds what earlier runs put there",
      "4:'backup verify': the backup is damaged",
    })
public final class BackupCommand implements Callable<Integer> {
  private static final double NANOS_PER_SECOND = 1e9;

  @Mixin HelpOption help;
  @Mixin private ClientOptions client;
  @Mixin private StorageOption storage;
  @Mixin private OutputOption output;
  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "DIR",
      description = "The directory; it is made if it is not there.")
  private @Nullable Path directory;

  @Override
  public Integer call() throws IOException {
    if (directory == null) {
      throw new ParameterException(
          spec.commandLine(), "expected a directory, 'verify DIR' or 'list DIR'");
    }
    PrintWriter out = output.progress(spec.commandLine().getOut());
    long start = System.nanoTime();
    BackupReport report;
    try (TroikaClient leading = client.connect();
        TroikaClient reading = client.connectForReading();
        ReportedJob job = ReportedJob.begin(leading, "backup", storage.name);
        LongTask progress = LongTask.counting("Backing up", "transactions")) {
      ObjectStore truth = leading.store(storage.name);
      report =
          BackupRun.run(
              truth,
              reading.store(storage.name),
              directory,
              job.part("reading", "transactions", progress)::advanced);
      job.succeeded("up to " + report.tid());
    }
    double seconds = (System.nanoTime() - start) / NANOS_PER_SECOND;
    if (report.begun()) {
      out.println(
          "Chain %s begins: this history is not in %s yet".formatted(report.chain(), directory));
    }
    out.println(
        String.format(
            Locale.ROOT,
            "Backed up %,d transactions after %s up to %s, %,d records%s, %s in %.1f s",
            report.transactions(),
            report.after(),
            report.tid(),
            report.records(),
            BackupText.blobs(report.blobs()),
            HumanUnits.size(report.bytes()),
            seconds));
    out.flush();
    output.end(spec.commandLine().getOut(), () -> BackupText.json(report));
    return ExitCodes.OK;
  }

  /** Finds damage. */
  @Command(
      name = "verify",
      description = "Read every byte of a backup; finds any that is not as it was written.",
      exitCodeListHeading = "%nExit codes:%n",
      exitCodeList = {"0:all is as it was written", "1:there is no backup", "4:it is damaged"})
  static final class Verify implements Callable<Integer> {
    @Mixin HelpOption help;
    @Mixin private OutputOption output;
    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "DIR", description = "The directory; it is only read.")
    private Path directory;

    @Override
    public Integer call() throws IOException {
      BackupCheck.Result result;
      try (LongTask progress = new LongTask("Verifying")) {
        result = BackupCheck.run(directory, progress::advanced);
      }
      PrintWriter out = output.progress(spec.commandLine().getOut());
      result.damages().forEach(damage -> out.println("damaged: " + damage));
      out.println(
          String.format(
              Locale.ROOT,
              "Read %,d segments, %,d transactions, %,d records%s, %s: %s",
              result.segments(),
              result.transactions(),
              result.records(),
              BackupText.blobs(result.blobs()),
              HumanUnits.size(result.bytes()),
              result.isWhole() ? "all as written" : "DAMAGED"));
      out.flush();
      output.end(spec.commandLine().getOut(), () -> BackupText.json(result));
      return result.isWhole() ? ExitCodes.OK : ExitCodes.NOT_VERIFIED;
    }
  }

  /** Shows what there is to restore. */
  @Command(
      name = "list",
      description = "Show what a backup holds: chains (histories), and the ends of its runs.")
  static final class Listing implements Callable<Integer> {
    @Mixin HelpOption help;
    @Mixin private OutputOption output;
    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "DIR", description = "The directory; it is only read.")
    private Path directory;

    @Option(names = "--all", description = "All ends of runs, not only the last of each chain.")
    private boolean all;

    @Override
    public Integer call() throws IOException {
      Manifest manifest = BackupDirectory.read(directory);
      output.print(
          spec.commandLine().getOut(),
          () -> BackupText.of(manifest, all),
          () -> BackupText.json(manifest));
      return ExitCodes.OK;
    }
  }
}
