package io.troika.server.cli.storages;

import com.google.gson.JsonObject;
import io.troika.client.ClusterAdmin;
import io.troika.client.PackStatus;
import io.troika.client.PackStatus.Phase;
import io.troika.client.Tid;
import io.troika.client.TroikaClient;
import io.troika.server.cli.options.Arguments;
import io.troika.server.cli.options.ClientOptions;
import io.troika.server.cli.options.ExitCodes;
import io.troika.server.cli.options.HelpOption;
import io.troika.server.cli.options.OutputOption;
import io.troika.server.cli.options.StorageOption;
import io.troika.server.cli.output.HumanUnits;
import io.troika.server.cli.output.LongTask;
import io.troika.server.cli.output.ReportedJob;
import io.troika.server.cli.output.StatusText;
import io.troika.server.cli.output.TransactionProgress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Removes old revisions and unreachable objects. */
@Command(
    name = "pack",
    description = {
      "Remove old revisions, and objects that cannot be reached.",
      "Of each object stays what was current at the given time, and all that is newer. The cluster"
          + " serves meanwhile. Interrupted, this command leaves the pack going; run it again to"
          + " follow it."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:packed", "1:packed, but no object was removed: one could not be read"})
public final class PackCommand implements Callable<Integer> {
  private static final int DAYS_MAX = 36_500;
  private static final long LOOK_AGAIN_MILLIS = 200;
  private static final int MISSED_MAX = 25;
  private static final int STEPS = 100;

  @Mixin HelpOption help;
  @Mixin private ClientOptions client;
  @Mixin private StorageOption storage;
  @Mixin private OutputOption output;
  @Spec private CommandSpec spec;

  @ArgGroup private @Nullable When when;

  @Option(names = "--no-gc", description = "Keep objects that cannot be reached.")
  private boolean keepGarbage;

  /** One of them. */
  static final class When {
    @Option(
        names = "--days",
        paramLabel = "N",
        description = "Keep what is newer than N days. Default: 0, keep what is current now.")
    private @Nullable Integer days;

    @Option(
        names = "--before",
        paramLabel = "TIME",
        description = "Such as 2026-01-31 or 2026-01-31T12:00:00Z (UTC), or a tid (0x…).")
    private @Nullable String before;
  }

  @Override
  public Integer call() throws InterruptedException {
    Tid horizon = horizon(Clock.systemUTC());
    try (TroikaClient connected = client.connect()) {
      PackStatus status = pack(connected.admin(), horizon);
      output.print(spec.commandLine().getOut(), () -> lines(status), () -> json(status));
      return status.problem().isEmpty() ? ExitCodes.OK : ExitCodes.FAILED;
    }
  }

  private PackStatus pack(ClusterAdmin admin, Tid horizon) throws InterruptedException {
    PackStatus begun = admin.pack(storage.name, horizon, !keepGarbage, ReportedJob.user());
    try (LongTask progress = LongTask.counting("Packing", "%")) {
      return follow(storage.name, begun, () -> admin.packStatus(storage.name), progress);
    }
  }

  /**
   * Looks again and again, to the end. A storage that goes on having no pack is not the one in
   * which it was begun.
   */
  static PackStatus follow(
      String storage,
      PackStatus begun,
      Supplier<Optional<PackStatus>> look,
      TransactionProgress progress)
      throws InterruptedException {
    PackStatus status = begun;
    int missed = 0;
    while (status.isRunning()) {
      progress.advanced(percent(status), STEPS);
      TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MILLIS);
      Optional<PackStatus> now = look.get();
      missed = now.isPresent() ? 0 : missed + 1; // a new leader may not have heard of it yet
      if (missed == MISSED_MAX) {
        throw new IllegalStateException(
            "storage %s: it has no pack any more; was it replaced meanwhile?".formatted(storage));
      }
      status = now.orElse(status);
    }
    progress.advanced(STEPS, STEPS);
    return status;
  }

  /** Most of the time goes into the first phase; how long the others take is not known before. */
  static int percent(PackStatus status) {
    return switch (status.phase()) {
      case REVISIONS -> (int) (70 * status.phaseProgress());
      case GARBAGE -> 70;
      case TRANSACTIONS -> 90;
      case DONE -> STEPS;
      case UNKNOWN -> 0;
    };
  }

  private Tid horizon(Clock clock) {
    When chosen = when;
    if (chosen == null) {
      return Tid.MAX;
    }
    if (chosen.days != null) {
      int days = Arguments.inRange(spec, "--days", chosen.days, 0, DAYS_MAX);
      return days == 0 ? Tid.MAX : tid(clock.instant().minus(Duration.ofDays(days)));
    }
    return Arguments.tidOrTime(spec, "--before", String.valueOf(chosen.before));
  }

  private static Tid tid(Instant time) {
    return new Tid(io.troika.server.core.model.Tid.ofInstant(time).value());
  }

  static List<String> lines(PackStatus status) {
    List<String> lines = new ArrayList<>();
    lines.add("packed up to " + StatusText.tid(status.horizon()));
    lines.add(
        "removed: %s revisions (%s), %s unreachable objects, %s transactions"
            .formatted(
                HumanUnits.count(status.revisionsRemoved()),
                HumanUnits.size(status.bytesRemoved()),
                HumanUnits.count(status.objectsRemoved()),
                HumanUnits.count(status.transactionsRemoved())));
    if (!status.problem().isEmpty()) {
      lines.add("unreachable objects were NOT removed: " + status.problem());
    }
    return lines;
  }

  private static JsonObject json(PackStatus status) {
    JsonObject json = new JsonObject();
    json.addProperty("horizon", status.horizon().toString());
    json.addProperty("done", status.phase() == Phase.DONE);
    json.addProperty("collectsGarbage", status.collectsGarbage());
    json.addProperty("problem", status.problem());
    json.addProperty("revisionsRemoved", status.revisionsRemoved());
    json.addProperty("objectsRemoved", status.objectsRemoved());
    json.addProperty("transactionsRemoved", status.transactionsRemoved());
    json.addProperty("bytesRemoved", status.bytesRemoved());
    return json;
  }
}
