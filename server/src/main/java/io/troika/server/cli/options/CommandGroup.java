package io.troika.server.cli.options;

import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command that does nothing without one of its subcommands. */
public abstract class CommandGroup implements Runnable {
  @Mixin HelpOption help;
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    List<String> names = spec.subcommands().keySet().stream().map("'%s'"::formatted).toList();
    int last = names.size() - 1;
    throw new ParameterException(
        spec.commandLine(),
        "expected "
            + (last == 0
                ? names.get(0)
                : String.join(", ", names.subList(0, last)) + " or " + names.get(last)));
  }
}
