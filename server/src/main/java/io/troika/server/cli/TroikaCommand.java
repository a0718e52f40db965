package io.troika.server.cli;

import io.troika.server.cli.backups.BackupCommand;
import io.troika.server.cli.backups.RestoreCommand;
import io.troika.server.cli.cluster.HealthCommand;
import io.troika.server.cli.cluster.LeaderCommand;
import io.troika.server.cli.cluster.NodeCommand;
import io.troika.server.cli.cluster.RaftGroupCommand;
import io.troika.server.cli.cluster.SnapshotCommand;
import io.troika.server.cli.cluster.StatusCommand;
import io.troika.server.cli.demo.DemoCommand;
import io.troika.server.cli.doctor.DoctorCommand;
import io.troika.server.cli.drill.DrillCommand;
import io.troika.server.cli.exports.ExportCommand;
import io.troika.server.cli.imports.ImportCommand;
import io.troika.server.cli.logging.Logging;
import io.troika.server.cli.options.ExitCodes;
import io.troika.server.cli.options.HelpOption;
import io.troika.server.cli.security.AccessCommand;
import io.troika.server.cli.security.CertCommand;
import io.troika.server.cli.serve.DevCommand;
import io.troika.server.cli.serve.ServeCommand;
import io.troika.server.cli.storages.HistoryCommand;
import io.troika.server.cli.storages.LogCommand;
import io.troika.server.cli.storages.PackCommand;
import io.troika.server.cli.storages.StorageCommand;
import io.troika.server.cli.storages.UndoCommand;
import io.troika.server.cli.storages.VerifyCommand;
import io.troika.server.node.TroikaVersion;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.Optional;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** The command {@code troika}: finds the subcommand, turns what it throws into an exit code. */
@Command(
    name = "troika",
    description = "A Raft-replicated, transactional object store.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    versionProvider = TroikaCommand.Version.class,
    subcommands = {
      ServeCommand.class,
      DevCommand.class,
      StatusCommand.class,
      HealthCommand.class,
      DoctorCommand.class,
      DrillCommand.class,
      VerifyCommand.class,
      LeaderCommand.class,
      NodeCommand.class,
      SnapshotCommand.class,
      StorageCommand.class,
      RaftGroupCommand.class,
      LogCommand.class,
      HistoryCommand.class,
      UndoCommand.class,
      PackCommand.class,
      ImportCommand.class,
      ExportCommand.class,
      BackupCommand.class,
      RestoreCommand.class,
      CertCommand.class,
      AccessCommand.class,
      DemoCommand.class,
      RehearseCommand.class,
      TroikaCommand.Completion.class,
      TroikaCommand.Manual.class,
    },
    footer = {
      "Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 no node or leader was",
      "reached, 4 difference found, 5 conflict. Cluster: --endpoints, TROIKA_ENDPOINTS.",
      "A token, where one is needed: --token-file FILE of each command, TROIKA_TOKEN.",
    })
public final class TroikaCommand implements Runnable {
  private static final int USAGE_WIDTH = 80;

  @Spec private CommandSpec spec;

  public static void main(String[] arguments) {
    Optional<String> problem = Logging.problemWith(System.getenv("TROIKA_LOG_FORMAT"));
    if (problem.isPresent()) {
      System.err.println("troika: " + problem.get());
      System.exit(ExitCodes.USAGE);
    }
    Logging.quietLibraries();
    EventLoops.settle();
    int code =
        arguments.length > 0 && arguments[0].equals(HealthCommand.NAME)
            ? healthAlone().execute(Arrays.copyOfRange(arguments, 1, arguments.length))
            : commandLine().execute(arguments);
    System.exit(said(code, System.out, System.err));
  }

  /** What was found out is worth nothing if it was not told, as to a full disk or a closed pipe. */
  static int said(int code, PrintStream out, PrintStream err) {
    if (!out.checkError()) {
      return code;
    }
    err.println("troika: standard output: not all could be written");
    return code == ExitCodes.OK ? ExitCodes.FAILED : code;
  }

  /**
   * That command without the others: health checks come every few seconds, and reading the other
   * commands' options is a good part of what one costs.
   */
  private static CommandLine healthAlone() {
    HealthCommand.startLean();
    return prepared(new CommandLine(new HealthCommand()).setCommandName("troika health"));
  }

  /** The whole command line, ready to be executed. */
  static CommandLine commandLine() {
    return prepared(new CommandLine(new TroikaCommand()));
  }

  private static CommandLine prepared(CommandLine command) {
    return command
        .setUsageHelpWidth(USAGE_WIDTH)
        .setExecutionExceptionHandler(TroikaCommand::report)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExitCodeExceptionMapper(ExitCodes::of);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "expected a command");
  }

  /** People get the message; who wants the stack asks for it. */
  private static int report(Exception failure, CommandLine command, ParseResult parsed) {
    PrintWriter err = command.getErr();
    String message = text(failure);
    err.println(command.getColorScheme().errorText("troika: " + message));
    for (Throwable earlier : failure.getSuppressed()) {
      err.println("  " + earlier.getMessage());
    }
    if (System.getenv("TROIKA_STACK_TRACES") != null) {
      failure.printStackTrace(err);
    }
    err.flush();
    return ExitCodes.of(failure);
  }

  /** Those of {@code java.nio.file} have nothing but the file's name for a message. */
  private static String text(Exception failure) {
    String message = failure.getMessage() == null ? failure.toString() : failure.getMessage();
    if (failure instanceof FileAlreadyExistsException) {
      return message + ": is there already, and is not replaced";
    } else if (failure instanceof NoSuchFileException) {
      return message + ": no such file or directory";
    } else if (failure instanceof AccessDeniedException) {
      return message + ": permission denied";
    }
    return message;
  }

  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {
        "troika " + TroikaVersion.current(),
        "Java " + System.getProperty("java.version") + " " + System.getProperty("java.vendor"),
      };
    }
  }

  /** Prints a script that completes this command in bash and zsh. */
  @Command(
      name = "completion",
      description = "Print a completion script: source <(troika completion)")
  static final class Completion implements Runnable {
    @Mixin HelpOption help;
    @Spec private CommandSpec spec;

    @Override
    public void run() {
      PrintWriter out = spec.commandLine().getOut();
      out.print(AutoComplete.bash("troika", spec.root().commandLine()));
      out.flush();
    }
  }

  /** Prints the manual page. */
  @Command(name = "man", description = "Print the manual page: troika man | man -l -")
  static final class Manual implements Runnable {
    @Mixin HelpOption help;
    @Spec private CommandSpec spec;

    @Override
    public void run() {
      PrintWriter out = spec.commandLine().getOut();
      out.print(ManualPage.of(spec.root().commandLine(), "Troika " + TroikaVersion.current()));
      out.flush();
    }
  }
}
