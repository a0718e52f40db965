package io.troika.server.cli.drill;

import io.troika.client.Bytes;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.ReadView;
import io.troika.client.TroikaClient;
import io.troika.server.cli.options.Arguments;
import io.troika.server.cli.options.ClientOptions;
import io.troika.server.cli.options.ExitCodes;
import io.troika.server.cli.options.HelpOption;
import io.troika.server.cli.options.OutputOption;
import io.troika.server.cli.options.StorageOption;
import io.troika.server.cli.output.HumanUnits;
import io.troika.server.cli.output.TextTable;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** A planned fail-over, to see what the clients feel of it. */
@Command(
    name = "drill",
    description = "Hand leadership over while clients call; print the gap that each saw.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:no call failed, and no gap was longer than allowed",
      "1:otherwise",
      "3:there is no leader, or it could not hand over"
    })
public final class DrillCommand implements Callable<Integer> {
  private static final int CLIENTS_MAX = 100;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @Mixin HelpOption help;
  @Mixin private ClientOptions client;
  @Mixin private StorageOption storage;
  @Mixin private OutputOption output;
  @Spec private CommandSpec spec;

  @Option(
      names = "--to",
      paramLabel = "NODE",
      defaultValue = "",
      description = "The next leader. Default: the furthest follower.")
  private String target;

  @Option(
      names = "--clients",
      paramLabel = "COUNT",
      defaultValue = "4",
      description = "How many clients call. Default: ${DEFAULT-VALUE}.")
  private int clients;

  @Option(
      names = "--bound",
      paramLabel = "MILLIS",
      defaultValue = "1000",
      description = "The longest gap allowed. Default: ${DEFAULT-VALUE}.")
  private int boundMillis;

  @Option(names = "--write", description = "Commit to objects made for this, removed at the end.")
  private boolean write;

  @Override
  public Integer call() throws InterruptedException {
    int count = Arguments.inRange(spec, "--clients", clients, 1, CLIENTS_MAX);
    List<TroikaClient> connected = new ArrayList<>();
    try (TroikaClient admin = client.connect()) {
      List<Runnable> calls = new ArrayList<>();
      ScratchObjects scratches = new ScratchObjects();
      try {
        for (int i = 0; i < count; i++) {
          TroikaClient one = client.connect();
          connected.add(one);
          ObjectStore store = one.store(storage.name);
          if (write) {
            Oid scratch = store.run(tx -> tx.create(Bytes.utf8("drill")));
            calls.add(() -> write(store, scratch));
            scratches.add(scratch, () -> remove(store, scratch));
          } else {
            calls.add(() -> read(store));
          }
        }
        DrillResult result =
            new Drill(
                    admin.admin(), groupOf(admin), target, Duration.ofMillis(boundMillis), PATIENCE)
                .run(calls);
        PrintWriter out = spec.commandLine().getOut();
        output.print(out, () -> lines(result), result::json);
        return result.isGood() ? ExitCodes.OK : ExitCodes.FAILED;
      } finally {
        PrintWriter problems = spec.commandLine().getErr();
        scratches.removeAll(line -> problems.println("troika: " + line));
        connected.forEach(TroikaClient::close);
      }
    }
  }

  /** Whose leader the clients of that storage wait for. */
  private String groupOf(TroikaClient admin) {
    return admin.store(storage.name).info().group();
  }

  /** Asks for the newest state, which only a leader can vouch for. */
  private static void read(ObjectStore store) {
    try (ReadView view = store.view()) {
      var unused = view.tid();
    }
  }

  private static void write(ObjectStore store, Oid scratch) {
    var unused = store.run(tx -> tx.write(scratch, Bytes.utf8(Long.toString(System.nanoTime()))));
  }

  private static void remove(ObjectStore store, Oid scratch) {
    var unused =
        store.run(
            tx -> {
              tx.delete(scratch);
              return scratch;
            });
  }

  private static List<String> lines(DrillResult result) {
    List<String> lines = new ArrayList<>();
    lines.add(
        "%s handed %s over to %s, which leads it in term %s, in %s ms"
            .formatted(
                result.from(),
                result.group(),
                result.to(),
                result.term(),
                result.handOver().toMillis()));
    lines.add("");
    TextTable table = new TextTable("CLIENT", ">CALLS", ">FAILED", ">USUAL MS", ">GAP MS");
    int number = 0;
    for (DrillResult.Client each : result.clients()) {
      number++;
      table.row(
          number,
          HumanUnits.count(each.calls()),
          HumanUnits.count(each.failed()),
          each.usual().toMillis(),
          each.gap().toMillis());
    }
    table.row(
        "all",
        HumanUnits.count(result.clients().stream().mapToInt(DrillResult.Client::calls).sum()),
        HumanUnits.count(result.failed()),
        "",
        result.gap().toMillis());
    lines.addAll(table.lines());
    lines.add("");
    lines.add(result.verdict());
    return lines;
  }
}
