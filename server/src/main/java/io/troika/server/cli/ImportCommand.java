package io.troika.server.cli;

import io.troika.client.ObjectStore;
import io.troika.client.TroikaClient;
import io.troika.server.cli.imports.FileStorageImport;
import io.troika.server.cli.imports.ImportException;
import io.troika.server.cli.imports.ImportReport;
import io.troika.server.cli.imports.ImportVerification;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
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
      "Copy a ZODB FileStorage (Data.fs) with all its history.",
      "Reads everything back and compares. Goes on where an interrupted import of the",
      "same file stopped. A torn end is left out and reported.",
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:all whole transactions are in the storage, and equal",
      "1:the file is damaged, or the storage holds something else",
      "4:what was read back differs",
    })
final class ImportCommand implements Callable<Integer> {
  @Mixin HelpOption help;
  @Mixin private ClientOptions client;
  @Mixin private StorageOption storage;
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE.fs", description = "The file; it is only read.")
  private Path file;

  @Option(names = "--no-verify", description = "Do not read everything back at the end.")
  private boolean noVerify;

  @Override
  public Integer call() throws IOException, ImportException {
    PrintWriter out = spec.commandLine().getOut();
    try (TroikaClient connected = client.connect()) {
      ObjectStore store = connected.store(storage.name);
      load(store, out);
      return noVerify || verify(store, out) ? ExitCodes.OK : ExitCodes.NOT_VERIFIED;
    }
  }

  private void load(ObjectStore store, PrintWriter out) throws IOException, ImportException {
    long start = System.nanoTime();
    ImportReport report;
    try (LongTask progress = new LongTask("Importing")) {
      report = FileStorageImport.run(file, store, progress);
    }
    if (report.found() > 0) {
      out.println(HumanUnits.count(report.found()) + " transactions were there already");
    }
    double seconds = Duration.ofNanos(System.nanoTime() - start).toMillis() / 1e3;
    out.println(
        String.format(
            Locale.ROOT,
            "Imported %,d transactions, %,d records, %s in %.1f s (%,.0f transactions/s)",
            report.imported(),
            report.records(),
            HumanUnits.size(report.dataBytes()),
            seconds,
            report.imported() / Math.max(seconds, 1e-3)));
    if (report.file().leftOver() != null) {
      out.println("Left out: " + report.file().leftOver());
    }
    out.flush();
  }

  private boolean verify(ObjectStore store, PrintWriter out) throws IOException, ImportException {
    ImportVerification.Result result;
    try (LongTask progress = new LongTask("Verifying")) {
      result = ImportVerification.run(file, store, progress);
    }
    if (result.isEqual()) {
      out.println(
          "Read back %s transactions: equal".formatted(HumanUnits.count(result.transactions())));
    } else {
      out.println(
          "Read back %s transactions: %s lost, %s not in the file, %s different"
              .formatted(
                  HumanUnits.count(result.transactions()),
                  result.lost(),
                  result.extra(),
                  result.different()));
      result.differences().forEach(difference -> out.println("  " + difference));
    }
    out.flush();
    return result.isEqual();
  }
}
