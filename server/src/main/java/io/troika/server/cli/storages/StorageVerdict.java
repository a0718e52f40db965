package io.troika.server.cli.storages;

import static java.util.Objects.requireNonNull;

import com.google.gson.JsonObject;
import io.troika.client.ErrorFamily;
import io.troika.client.StorageInfo;
import io.troika.client.TroikaException;
import io.troika.client.VerifyReport;
import io.troika.server.cli.options.ExitCodes;
import io.troika.server.cli.output.StatusText;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What became of comparing the replicas of one storage: a report, or why there is none.
 *
 * @param report null if it could not be made
 * @param failure null if it was made
 */
record StorageVerdict(
    StorageInfo storage, @Nullable VerifyReport report, @Nullable TroikaException failure) {

  /**
   * Compares storage after storage. One that can't be compared does not keep the others from it;
   * but where a group had no answer in time, its other storages would only wait as long again: they
   * are not asked for.
   */
  static List<StorageVerdict> of(
      List<StorageInfo> storages, Function<String, VerifyReport> verify) {
    List<StorageVerdict> verdicts = new ArrayList<>();
    Map<String, TroikaException> silent = new HashMap<>();
    for (StorageInfo storage : storages) {
      TroikaException known = silent.get(storage.group());
      if (known != null) {
        verdicts.add(new StorageVerdict(storage, null, known));
        continue;
      }
      try {
        verdicts.add(new StorageVerdict(storage, verify.apply(storage.name()), null));
      } catch (TroikaException e) {
        verdicts.add(new StorageVerdict(storage, null, e));
        if (e.family() == ErrorFamily.NOT_NOW) {
          silent.put(storage.group(), e);
        }
      }
    }
    return verdicts;
  }

  /** Of several storages; a difference weighs most, then no answer. */
  static int exitCode(List<StorageVerdict> verdicts) {
    return verdicts.stream().mapToInt(StorageVerdict::exitCode).max().orElse(ExitCodes.OK);
  }

  private int exitCode() {
    return report != null ? VerifyCommand.exitCode(report) : ExitCodes.of(requireNonNull(failure));
  }

  /** One line if all is well or nothing is known, else the report. */
  List<String> lines() {
    String name = storage.group() + "/" + storage.name();
    if (report == null) {
      return List.of(name + ": not compared: " + requireNonNull(failure).getMessage());
    }
    if (report.equal()) {
      return List.of(
          "%s: %s replicas are equal at %s"
              .formatted(name, report.replicas().size(), StatusText.tid(report.at())));
    }
    List<String> lines = new ArrayList<>(List.of(name + ":"));
    VerifyCommand.lines(report).forEach(line -> lines.add(("  " + line).stripTrailing()));
    return lines;
  }

  /** As of one storage, with its name and group; {@code problem} in place of what is not known. */
  JsonObject json() {
    JsonObject json = report == null ? new JsonObject() : VerifyCommand.json(report);
    if (report == null) {
      json.addProperty("equal", false);
      json.addProperty("problem", requireNonNull(failure).getMessage());
    }
    json.addProperty("storage", storage.name());
    json.addProperty("group", storage.group());
    return json;
  }
}
