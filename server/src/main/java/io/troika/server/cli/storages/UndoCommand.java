package io.troika.server.cli.storages;

import com.google.gson.JsonObject;
import io.troika.client.Tid;
import io.troika.client.TransactionOptions;
import io.troika.client.TroikaClient;
import io.troika.client.UndoConflictException;
import io.troika.client.UndoObstacle;
import io.troika.server.cli.options.Arguments;
import io.troika.server.cli.options.ClientOptions;
import io.troika.server.cli.options.ExitCodes;
import io.troika.server.cli.options.HelpOption;
import io.troika.server.cli.options.OutputOption;
import io.troika.server.cli.options.StorageOption;
import io.troika.server.cli.output.StatusText;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Undoes committed transactions. */
@Command(
    name = "undo",
    description = "Undo transactions, by a new one that puts old data back.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:undone", "5:objects were changed since; nothing was undone"})
public final class UndoCommand implements Callable<Integer> {
  @Mixin HelpOption help;
  @Mixin private ClientOptions client;
  @Mixin private StorageOption storage;
  @Mixin private OutputOption output;
  @Spec private CommandSpec spec;

  @Parameters(arity = "1..*", paramLabel = "TID", description = "Transactions, newest first.")
  private List<String> tids = new ArrayList<>();

  @Override
  public Integer call() {
    List<Tid> transactions = tids.stream().map(tid -> Arguments.tid(spec, tid)).toList();
    String description = "undo " + String.join(" ", tids);
    String user = System.getProperty("user.name", "");
    try (TroikaClient connected = client.connect()) {
      Tid undo =
          connected
              .store(storage.name)
              .execute(
                  TransactionOptions.describedAs(user, description),
                  transaction -> transactions.forEach(transaction::undo));
      output.print(
          spec.commandLine().getOut(),
          () -> List.of("undone by " + StatusText.tid(undo)),
          () -> {
            JsonObject json = new JsonObject();
            json.addProperty("undoneBy", undo.toString());
            return json;
          });
      return ExitCodes.OK;
    } catch (UndoConflictException e) {
      PrintWriter err = spec.commandLine().getErr();
      err.println("troika: nothing was undone; changed since:");
      for (UndoObstacle obstacle : e.obstacles()) {
        err.printf("  oid %s, by %s%n", obstacle.oid(), StatusText.tid(obstacle.current()));
      }
      err.flush();
      return ExitCodes.CONFLICT;
    }
  }
}
