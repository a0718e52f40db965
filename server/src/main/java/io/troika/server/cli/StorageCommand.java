package io.troika.server.cli;

import io.troika.client.StorageInfo;
import io.troika.client.TroikaClient;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Commands about storages. */
@Command(
    name = "storage",
    description = "List and create storages.",
    subcommands = {StorageCommand.Listing.class, StorageCommand.Create.class})
final class StorageCommand implements Runnable {
  @Mixin HelpOption help;
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "expected 'list' or 'create'");
  }

  /** Shows all storages. */
  @Command(name = "list", description = "List the storages.")
  static final class Listing implements Runnable {
    @Mixin HelpOption help;
    @Mixin private ClientOptions client;
    @Mixin private OutputOption output;
    @Spec private CommandSpec spec;

    @Override
    public void run() {
      try (TroikaClient connected = client.connect()) {
        List<StorageInfo> storages = connected.admin().storages();
        output.print(
            spec.commandLine().getOut(),
            () -> StatusText.storages(storages),
            () -> StatusText.storagesJson(storages));
      }
    }
  }

  /** Creates a storage. */
  @Command(
      name = "create",
      description = "Create a storage; one that exists already is left alone.")
  static final class Create implements Runnable {
    @Mixin HelpOption help;
    @Mixin private ClientOptions client;
    @Mixin private OutputOption output;
    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "NAME", description = "Its name, 1 to 128 characters.")
    private String name;

    @Override
    public void run() {
      try (TroikaClient connected = client.connect()) {
        StorageInfo storage = connected.admin().createStorage(name);
        output.print(
            spec.commandLine().getOut(),
            () -> StatusText.storages(List.of(storage)),
            () -> StatusText.storagesJson(List.of(storage)));
      }
    }
  }
}
