package io.troika.server.cli;

import picocli.CommandLine.Option;

/** Which storage a command is about. */
final class StorageOption {
  @Option(
      names = {"-s", "--storage"},
      paramLabel = "NAME",
      defaultValue = "main",
      description = "The storage. Default: ${DEFAULT-VALUE}.")
  String name;
}
