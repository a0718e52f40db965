package io.troika.server.cli.exports;

import com.google.gson.JsonObject;
import io.troika.client.ObjectStore;
import io.troika.client.StorageInfo;
import io.troika.client.Tid;
import io.troika.client.TroikaClient;
import io.troika.server.cli.imports.CheckedFile;
import io.troika.server.cli.imports.FileBlobs;
import io.troika.server.cli.imports.ImportException;
import io.troika.server.cli.imports.ImportVerification;
import io.troika.server.cli.imports.ReadBackText;
import io.troika.server.cli.options.Arguments;
import io.troika.server.cli.options.ClientOptions;
import io.troika.server.cli.options.ExitCodes;
import io.troika.server.cli.options.HelpOption;
import io.troika.server.cli.options.OutputOption;
import io.troika.server.cli.options.StorageOption;
import io.troika.server.cli.output.HumanUnits;
import io.troika.server.cli.output.LongTask;
import io.troika.server.cli.output.ReportedJob;
import io.troika.server.cli.output.TransactionProgress;
import io.troika.server.filestorage.FileStorageSummary;
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
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes a storage into a ZODB FileStorage: the way out. */
@Command(
    name = "export",
    description = {
      "Write a storage, history and all, to a ZODB FileStorage.",
      "Blobs go beside it. Consistent at one transaction, while others go on writing.",
      "The file gets its name when it is whole; then it is read and compared.",
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:all transactions are in the file, and equal",
      "1:the file is there already, or the storage holds what the format cannot",
      "4:the file that was read back differs",
    })
public final class ExportCommand implements Callable<Integer> {
  private static final double NANOS_PER_SECOND = 1e9;
  private static final double SECONDS_MIN = 1e-3;

  @Mixin HelpOption help;
  @Mixin private ClientOptions client;
  @Mixin private StorageOption storage;
  @Mixin private OutputOption output;
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE.fs", description = "The file to make; it must not exist.")
  private Path file;

  @Option(
      names = "--to",
      paramLabel = "TID",
      description = "The last transaction to write. Default: the newest one now.")
  private @Nullable String to;

  @Option(
      names = "--blobs",
      paramLabel = "DIR",
      description = "For blobs, if there are any. Default: FILE.fs.blobs.")
  private @Nullable Path blobs;

  @Option(names = "--no-verify", description = "Do not read the file back at the end.")
  private boolean noVerify;

  @Override
  public Integer call() throws IOException, ExportException, ImportException {
    PrintWriter out = output.progress(spec.commandLine().getOut());
    requirePlace(file);
    Path blobPath = blobs == null ? FileBlobs.defaultFor(file) : blobs;
    requirePlace(blobPath);
    try (TroikaClient connected = client.connect();
        ReportedJob job = ReportedJob.begin(connected, "export", storage.name)) {
      ObjectStore store = connected.store(storage.name);
      StorageInfo info = store.info();
      Tid upTo = to == null ? info.lastTid() : Arguments.tid(spec, to);
      ExportReport report = export(store, info, new Target(blobPath, upTo), out, job);
      FileBlobs written =
          report.blobs() == 0 ? FileBlobs.NONE : FileBlobs.in(blobPath, /* mayBeMissing= */ true);
      boolean equal = noVerify || verify(store, report, written, out, job);
      output.end(spec.commandLine().getOut(), () -> json(report, equal));
      if (equal) {
        job.succeeded(noVerify ? "not read back" : "read back: equal");
      }
      return equal ? ExitCodes.OK : ExitCodes.NOT_VERIFIED;
    }
  }

  private JsonObject json(ExportReport report, boolean equal) {
    JsonObject json = new JsonObject();
    json.addProperty("file", file.toString());
    json.addProperty("lastTid", report.lastTid().toString());
    json.addProperty("transactions", report.transactions());
    json.addProperty("records", report.records());
    json.addProperty("fileBytes", report.fileBytes());
    json.addProperty("blobs", report.blobs());
    json.addProperty("equal", noVerify ? null : equal);
    return json;
  }

  private void requirePlace(Path path) {
    Path parent = path.toAbsolutePath().getParent();
    if (parent == null || !Files.isDirectory(parent)) {
      throw new ParameterException(
          spec.commandLine(), path + ": its directory does not exist, or is none");
    }
  }

  /** Where blobs go, and the last transaction to write. */
  private record Target(Path blobs, Tid upTo) {}

  private ExportReport export(
      ObjectStore store, StorageInfo info, Target target, PrintWriter out, ReportedJob job)
      throws IOException, ExportException {
    long start = System.nanoTime();
    ExportReport report;
    try (LongTask progress = LongTask.counting("Exporting", "transactions")) {
      long count = info.transactionCount();
      TransactionProgress part = job.part("writing", "transactions", progress);
      report =
          FileStorageExport.run(
              store,
              file,
              target.blobs(),
              target.upTo(),
              written -> part.advanced(written, Math.max(written, count)));
    }
    double seconds = (System.nanoTime() - start) / NANOS_PER_SECOND;
    out.println(
        String.format(
            Locale.ROOT,
            "Exported %,d transactions up to %s, %,d records%s, %s in %.1f s (%,.0f transactions/s)",
            report.transactions(),
            report.lastTid(),
            report.records(),
            ReadBackText.blobs(report.blobs()),
            HumanUnits.size(report.fileBytes()),
            seconds,
            report.transactions() / Math.max(seconds, SECONDS_MIN)));
    out.flush();
    return report;
  }

  private boolean verify(
      ObjectStore store, ExportReport report, FileBlobs written, PrintWriter out, ReportedJob job)
      throws IOException, ImportException {
    ImportVerification.Result result;
    FileStorageSummary read;
    try (LongTask checking = new LongTask("Checking");
        LongTask comparing = new LongTask("Verifying")) {
      CheckedFile checked =
          CheckedFile.of(file, Tid.NONE, job.part("checking the file", "bytes", checking))
              .with(written);
      read = checked.summary();
      result = ImportVerification.run(checked, store, job.part("reading back", "bytes", comparing));
    }
    ReadBackText.print(out, result, "not in the storage");
    boolean whole = report.isAllIn(read);
    if (!whole) {
      out.println(
          "NOT all of it is in %s any more: it ends with transaction %s, at byte %,d"
              .formatted(file, read.lastTid(), read.end()));
      out.flush();
    }
    return whole && result.isEqual();
  }
}
