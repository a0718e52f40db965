package io.troika.server.cli.options;

import picocli.CommandLine.Option;

/** Which storage a command is about. */
public final class StorageOption {
  @Option(
      names = {"-s", "--storage"},
      paramLabel = "NAME",
      defaultValue = "main",
      description = "The storage. Default: ${DEFAULT-VALUE}.")
  public String name;
}
