package io.troika.server.cli.imports;

import com.google.gson.JsonObject;
import io.troika.client.ObjectStore;
import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import io.troika.server.cli.options.Arguments;
import io.troika.server.cli.options.ClientOptions;
import io.troika.server.cli.options.ExitCodes;
import io.troika.server.cli.options.HelpOption;
import io.troika.server.cli.options.OutputOption;
import io.troika.server.cli.options.StorageOption;
import io.troika.server.cli.output.HumanUnits;
import io.troika.server.cli.output.LongTask;
import io.troika.server.cli.output.ReportedJob;
import io.troika.server.filestorage.FileStorageSummary;
import io.troika.server.filestorage.LeftOver;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
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

/** Copies a ZODB FileStorage into a storage. */
@Command(
    name = "import",
    description = {
      "Copy a ZODB FileStorage (Data.fs) with all its history and blobs.",
      "Checks the file first, reads everything back at the end and compares. Goes",
      "on where an interrupted one stopped; a torn end is left out and reported.",
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:all whole transactions are in the storage, and equal",
      "1:the file is damaged in the middle, or the storage holds something else",
      "4:what was read back differs",
    })
public final class ImportCommand implements Callable<Integer> {
  private static final double NANOS_PER_SECOND = 1e9;
  private static final double SECONDS_MIN = 1e-3;
  private static final int FINDINGS_MAX = 5;

  @Mixin HelpOption help;
  @Mixin private ClientOptions client;
  @Mixin private StorageOption storage;
  @Mixin private OutputOption output;
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE.fs", description = "The file; it is only read.")
  private Path file;

  @Option(
      names = "--blobs",
      paramLabel = "DIR",
      description = "ZODB's blob directory. Default: FILE.fs.blobs.")
  private @Nullable Path blobs;

  @Option(
      names = "--allow-missing-blobs",
      description = "Import records of blobs whose files are missing.")
  private boolean allowMissingBlobs;

  @Option(names = "--no-verify", description = "Do not read everything back at the end.")
  private boolean noVerify;

  @Override
  public Integer call() throws IOException, ImportException {
    Arguments.requireReadable(file);
    PrintWriter out = output.progress(spec.commandLine().getOut());
    try (TroikaClient connected = client.connect();
        ReportedJob job = ReportedJob.begin(connected, "import", storage.name)) {
      ObjectStore store = connected.store(storage.name);
      CheckedFile checked = check(store, out, job).with(fileBlobs());
      ImportReport report = load(checked, store, out, job);
      boolean equal = noVerify || verify(checked, store, out, job);
      output.end(spec.commandLine().getOut(), () -> json(checked.summary(), report, equal));
      if (equal) {
        job.succeeded(noVerify ? "not read back" : "read back: equal");
      }
      return equal ? outcome(checked.summary().leftOver()) : ExitCodes.NOT_VERIFIED;
    }
  }

  private FileBlobs fileBlobs() throws IOException {
    Path beside = FileBlobs.defaultFor(file);
    if (blobs == null && !Files.isDirectory(beside)) {
      return new FileBlobs(null, allowMissingBlobs);
    }
    return FileBlobs.in(blobs == null ? beside : blobs, allowMissingBlobs);
  }

  private CheckedFile check(ObjectStore store, PrintWriter out, ReportedJob job)
      throws IOException, ImportException {
    CheckedFile checked;
    try (LongTask progress = new LongTask("Checking")) {
      checked =
          FileStorageImport.check(file, store, job.part("checking the file", "bytes", progress));
    }
    FileStorageSummary summary = checked.summary();
    out.println(
        "%s: %s transactions, %s records, %s of data"
            .formatted(
                file,
                HumanUnits.count(summary.transactions()),
                HumanUnits.count(summary.records()),
                HumanUnits.size(summary.dataBytes())));
    if (summary.undoneTransactions() > 0) {
      out.println(
          "Passed over: %s transactions of status 'u', as FileStorage does"
              .formatted(HumanUnits.count(summary.undoneTransactions())));
    }
    summary.findings().stream()
        .limit(FINDINGS_MAX)
        .forEach(finding -> out.println("Tolerated: " + finding));
    if (summary.findingCount() > FINDINGS_MAX) {
      out.println(
          "Tolerated: %s more".formatted(HumanUnits.count(summary.findingCount() - FINDINGS_MAX)));
    }
    if (summary.leftOver() != null) {
      out.println("Left out: " + summary.leftOver());
    }
    out.flush();
    return checked;
  }

  private ImportReport load(
      CheckedFile checked, ObjectStore store, PrintWriter out, ReportedJob job)
      throws IOException, ImportException {
    if (checked.before() > 0) {
      out.println(HumanUnits.count(checked.before()) + " transactions are there already");
      out.flush();
    }
    long start = System.nanoTime();
    ImportReport report;
    try (LongTask progress = new LongTask("Importing")) {
      report = FileStorageImport.run(checked, store, job.part("importing", "bytes", progress));
    } catch (TroikaException e) {
      out.println("Interrupted: what is imported is whole; the same command goes on behind it");
      out.flush();
      throw e;
    }
    out.println(imported(report, (System.nanoTime() - start) / NANOS_PER_SECOND));
    out.flush();
    return report;
  }

  private JsonObject json(FileStorageSummary summary, ImportReport report, boolean equal) {
    JsonObject json = new JsonObject();
    json.addProperty("file", file.toString());
    json.addProperty("transactions", summary.transactions());
    json.addProperty("records", summary.records());
    json.addProperty("dataBytes", summary.dataBytes());
    json.addProperty("findings", summary.findingCount());
    json.addProperty("leftOver", summary.leftOver() == null ? null : summary.leftOver().toString());
    json.addProperty("found", report.found());
    json.addProperty("imported", report.imported());
    json.addProperty("importedRecords", report.records());
    json.addProperty("blobs", report.blobs());
    json.addProperty("equal", noVerify ? null : equal);
    return json;
  }

  private static String imported(ImportReport report, double seconds) {
    return report.imported() == 0
        ? "Nothing to import"
        : String.format(
            Locale.ROOT,
            "Imported %,d transactions, %,d records%s, %s in %.1f s (%,.0f transactions/s)",
            report.imported(),
            report.records(),
            ReadBackText.blobs(report.blobs()),
            HumanUnits.size(report.dataBytes()),
            seconds,
            report.imported() / Math.max(seconds, SECONDS_MIN));
  }

  private boolean verify(CheckedFile checked, ObjectStore store, PrintWriter out, ReportedJob job)
      throws IOException, ImportException {
    ImportVerification.Result result;
    try (LongTask progress = new LongTask("Verifying")) {
      result = ImportVerification.run(checked, store, job.part("reading back", "bytes", progress));
    }
    ReadBackText.print(out, result, "lost");
    return result.isEqual();
  }

  /** A torn end is what a crash leaves; but what follows a damaged transaction would be missed. */
  private int outcome(@Nullable LeftOver leftOver) {
    if (leftOver == null || !leftOver.transactionsFollow()) {
      return ExitCodes.OK;
    }
    PrintWriter err = spec.commandLine().getErr();
    err.println(
        "troika: %s is damaged at position %s, and whole transactions seem to follow"
            .formatted(file, leftOver.position()));
    err.println("  Repair a copy (ZODB has fsrecover) and import that: it goes on from there.");
    err.flush();
    return ExitCodes.FAILED;
  }
}
