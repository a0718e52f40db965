package io.troika.server.cli.storages;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.troika.client.ClusterAdmin;
import io.troika.client.LeaderInfo;
import io.troika.client.StorageInfo;
import io.troika.client.TroikaClient;
import io.troika.server.cli.options.ClientOptions;
import io.troika.server.cli.options.CommandGroup;
import io.troika.server.cli.options.HelpOption;
import io.troika.server.cli.options.OutputOption;
import io.troika.server.cli.options.QueryCommand;
import io.troika.server.cli.output.HumanUnits;
import io.troika.server.cli.output.StatusText;
import java.util.List;
import java.util.OptionalLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Commands about storages. */
@Command(
    name = "storage",
    description = "List, create, rename, limit and drop storages.",
    subcommands = {
      StorageCommand.Listing.class,
      StorageCommand.Create.class,
      StorageCommand.Rename.class,
      StorageCommand.Quota.class,
      StorageCommand.Drop.class,
    })
public final class StorageCommand extends CommandGroup {
  /** What those that print storages have in common. */
  abstract static class Storages extends QueryCommand<List<StorageInfo>> {
    @Override
    protected final List<String> text(List<StorageInfo> storages) {
      return StatusText.storages(storages);
    }

    @Override
    protected final JsonElement json(List<StorageInfo> storages) {
      return StatusText.storagesJson(storages);
    }
  }

  /** Shows all storages. */
  @Command(name = "list", description = "List the storages.")
  static final class Listing extends Storages {
    @Override
    protected List<StorageInfo> ask(ClusterAdmin admin) {
      return admin.storages();
    }
  }

  /** Creates a storage. */
  @Command(
      name = "create",
      description = "Create a storage; one that exists already is left alone.")
  static final class Create extends Storages {
    @Parameters(paramLabel = "NAME", description = "Its name, 1 to 128 characters.")
    private String name;

    @Option(
        names = "--group",
        paramLabel = "GROUP",
        defaultValue = LeaderInfo.MAIN_GROUP,
        description = {
          "The Raft group that it is in for good. Default: ${DEFAULT-VALUE}.",
          "Transactions over several storages are for those of one group.",
        })
    private String group;

    @Override
    protected List<StorageInfo> ask(ClusterAdmin admin) {
      return List.of(admin.createStorage(name, group));
    }
  }

  /** Renames a storage. */
  @Command(
      name = "rename",
      description = {
        "Give a storage another name.",
        "Clients that ask for the old one do not find it any more.",
      })
  static final class Rename extends Storages {
    @Parameters(index = "0", paramLabel = "NAME", description = "Its name.")
    private String name;

    @Parameters(index = "1", paramLabel = "NEW", description = "A name that nobody has.")
    private String newName;

    @Override
    protected List<StorageInfo> ask(ClusterAdmin admin) {
      return List.of(admin.renameStorage(name, newName));
    }
  }

  /** Says how large a storage may become. */
  @Command(
      name = "quota",
      description = {
        "Say how large a storage may become: data of all revisions, and blobs.",
        "What would make it larger is refused until there is room: after a pack, or with a larger quota.",
      })
  static final class Quota extends Storages {
    @Parameters(index = "0", paramLabel = "NAME", description = "Its name.")
    private String name;

    @Parameters(
        index = "1",
        paramLabel = "SIZE",
        converter = QuotaSize.class,
        description = "Such as 500MiB, 20GiB or 0; none: as large as it likes.")
    private OptionalLong size;

    @Override
    protected List<StorageInfo> ask(ClusterAdmin admin) {
      return List.of(admin.setQuota(name, size));
    }
  }

  /** A size, or none. */
  static final class QuotaSize implements ITypeConverter<OptionalLong> {
    @Override
    public OptionalLong convert(String text) {
      if (text.equals("none")) {
        return OptionalLong.empty();
      }
      try {
        return OptionalLong.of(HumanUnits.bytes(text));
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage() + "; or 'none'");
      }
    }
  }

  /** Drops a storage. */
  @Command(
      name = "drop",
      description = {
        "Drop a storage with all that is in it, for good.",
        "The space is given back by the next snapshots.",
      })
  static final class Drop implements Runnable {
    @Mixin HelpOption help;
    @Mixin private ClientOptions client;
    @Mixin private OutputOption output;
    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "NAME", description = "Its name.")
    private String name;

    @Option(names = "--yes", description = "Needed unless the storage is empty.")
    private boolean yes;

    @Override
    public void run() {
      try (TroikaClient connected = client.connect()) {
        StorageInfo storage = connected.store(name).info();
        if (!storage.lastTid().isNone() && !yes) {
          throw new ParameterException(
              spec.commandLine(),
              "storage %s has %s transactions; if they are to be lost, say --yes"
                  .formatted(name, storage.transactionCount()));
        }
        connected.admin().dropStorage(name, storage.epoch());
        output.print(
            spec.commandLine().getOut(),
            () -> List.of("Storage " + name + " is dropped"),
            () -> {
              JsonObject json = new JsonObject();
              json.addProperty("dropped", name);
              return json;
            });
      }
    }
  }
}
