package io.troika.server.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.cli.options.CommandGroup;
import io.troika.server.cli.options.ExitCodes;
import io.troika.server.node.ClusterLayout;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class TroikaCommandTest {
  private static final int LINES = 24;

  /** Of the list of all commands, which is long. */
  private static final int ROOT_LINES = 34;

  private static final int COLUMNS = 80;

  private static final Set<String> WITHOUT_JSON =
      Set.of("", "serve", "dev", "demo", "rehearse", "completion", "man");

  private final TypedCommand troika = new TypedCommand();

  @TempDir Path directory;

  @ParameterizedTest
  @MethodSource("commands")
  void help_anyCommand_fitsAScreenAndListsNothingWithoutWords(List<String> path) {
    List<String> arguments = new ArrayList<>(path);
    arguments.add("--help");

    int code = troika.execute(arguments.toArray(String[]::new));

    List<String> lines = troika.out().lines().toList();
    assertThat(code).isZero();
    assertThat(lines).hasSizeBetween(3, path.isEmpty() ? ROOT_LINES : LINES);
    assertThat(lines).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(COLUMNS));
    assertThat(troika.err()).isEmpty();
  }

  /** Those that answer something once; the others run until they are stopped, or print a script. */
  @ParameterizedTest
  @MethodSource("commands")
  void output_anyCommandThatAnswers_canBeJson(List<String> path) {
    CommandLine command = TroikaCommand.commandLine();
    for (String name : path) {
      command = Objects.requireNonNull(command.getSubcommands().get(name));
    }
    boolean answers =
        !(command.getCommandSpec().userObject() instanceof CommandGroup)
            && !WITHOUT_JSON.contains(String.join(" ", path));

    assertThat(command.getCommandSpec().findOption("-o") != null).isEqualTo(answers);
  }

  @ParameterizedTest
  @MethodSource("visibleCommands")
  void completion_knowsEachCommand(List<String> path) {
    assertThat(troika.execute("completion")).isZero();
    assertThat(troika.out())
        .contains("function _picocli_" + String.join("_", prefixed(path)) + "()");
  }

  private static List<String> prefixed(List<String> path) {
    List<String> names = new ArrayList<>(List.of("troika"));
    names.addAll(path);
    return names;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ':',
      quoteCharacter = '"',
      value = {
        "storage: 'list', 'create', 'rename', 'quota' or 'drop'",
        "cert: 'authority', 'node', 'client' or 'renew'",
        "leader: 'transfer'",
        "group: 'list', 'create' or 'drop'",
      })
  void group_withoutASubcommand_saysWhichThereAre(String command, String expected) {
    assertThat(troika.execute(command)).isEqualTo(ExitCodes.USAGE);
    assertThat(troika.err()).contains("expected " + expected);
  }

  static Stream<List<String>> commands() {
    return paths(TroikaCommand.commandLine(), List.of());
  }

  static Stream<List<String>> visibleCommands() {
    return commands().filter(path -> !path.equals(List.of("rehearse")));
  }

  private static Stream<List<String>> paths(CommandLine command, List<String> path) {
    Stream<List<String>> below =
        command.getSubcommands().entrySet().stream()
            .flatMap(
                sub -> {
                  List<String> longer = new ArrayList<>(path);
                  longer.add(sub.getKey());
                  return paths(sub.getValue(), longer);
                });
    return Stream.concat(Stream.of(path), below);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nonsense",
        "leader",
        "storage",
        "storage create",
        "history",
        "history 0xzz",
        "undo",
        "undo zz",
        "log --limit 0",
        "pack --days -1",
        "pack --days 1 --before 2026-01-31",
        "pack --before yesterday",
        "pack --before 2026-01-31T25:00:00Z",
        "log --before 1g",
        "log --after 0x1 --before 0x2",
        "verify --patience 0",
        "health -e 127.0.0.1",
        "health -e 127.0.0.1:1 --timeout 0",
        "status -o yaml",
        "backup",
        "backup verify",
        "status --timeout x",
        "status --timeout 0",
        "status -e 127.0.0.1",
        "doctor -e 127.0.0.1:port",
        "log -e http://127.0.0.1:7401",
        "dev --ports 65486 --data target/never",
        "dev --nodes 10 --data target/never",
        "serve --set foo",
        "access",
        "access token backend",
        "access token b/c --allow read",
        "access token backend --allow everything",
        "access certificate backend --allow read --expires 1y",
        "access revoke backend",
      })
  void execute_wrongUsage_is2AndSaysWhatIsExpected(String line) {
    int code = troika.execute(line.isEmpty() ? new String[0] : line.split(" ", -1));

    assertThat(code).isEqualTo(ExitCodes.USAGE);
    assertThat(troika.err()).isNotBlank().doesNotContain("\tat ");
    assertThat(Path.of("target/never")).as("what a command makes before it looks").doesNotExist();
  }

  @Test
  void said_whatCouldNotBeWritten_isAFailure() {
    PrintStream full =
        new PrintStream(
            new OutputStream() {
              @Override
              public void write(int single) throws IOException {
                throw new IOException("No space left on device");
              }
            });
    full.println("all is well");
    ByteArrayOutputStream told = new ByteArrayOutputStream();
    PrintStream err = new PrintStream(told, true, UTF_8);

    assertThat(TroikaCommand.said(ExitCodes.OK, full, err)).isEqualTo(ExitCodes.FAILED);
    assertThat(TroikaCommand.said(ExitCodes.CONFLICT, full, err)).isEqualTo(ExitCodes.CONFLICT);

    assertThat(told.toString(UTF_8)).contains("standard output: not all could be written");
    assertThat(TroikaCommand.said(ExitCodes.OK, err, err)).isEqualTo(ExitCodes.OK);
  }

  /** As after {@code | head}: it would go on unseen for ever. */
  @Test
  @Timeout(600)
  void statusWatch_whenNobodyReadsAnyMore_ends() {
    PrintWriter closed =
        new PrintWriter(
            new Writer() {
              @Override
              public void write(char[] text, int offset, int length) throws IOException {
                throw new IOException("Broken pipe");
              }

              @Override
              public void flush() {}

              @Override
              public void close() {}
            });

    assertThat(
            TroikaCommand.commandLine()
                .setOut(closed)
                .execute("status", "--watch", "--timeout", "1", "-e", "127.0.0.1:1"))
        .isEqualTo(ExitCodes.FAILED);
  }

  @Test
  void dev_otherNumberOfNodesThanThereAre_is2(@TempDir Path directory) throws Exception {
    ClusterLayout.onFreePorts(directory, 3).write();

    assertThat(troika.execute("dev", "--data", directory.toString(), "--nodes", "5"))
        .isEqualTo(ExitCodes.USAGE);

    assertThat(troika.err()).contains("was made with 3 nodes, and keeps them");
  }

  @Test
  void dev_createMissingStoragesOfNodesThatDoNot_is2(@TempDir Path directory) throws Exception {
    ClusterLayout.onFreePorts(directory, 3).write();

    assertThat(troika.execute("dev", "--data", directory.toString(), "--create-missing-storages"))
        .isEqualTo(ExitCodes.USAGE);

    assertThat(troika.err()).contains("was made without it").contains("zeo.create-missing-");
  }

  @Test
  void execute_version_namesIt() {
    assertThat(troika.execute("--version")).isZero();
    assertThat(troika.out()).startsWith("troika ").doesNotContain("${");
  }

  @Test
  void completion_isAScriptOfThisCommand() {
    assertThat(troika.execute("completion")).isZero();
    assertThat(troika.out()).contains("complete -F _complete_troika").contains("leader");
  }

  @Test
  void serve_printConfig_isTheEffectiveOne() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("troika.conf"),
            """
            node-id = n1
            data-directory = /d
            members { n1 { raft = "h:1", peer = "h:2", client = "h:3" } }
            """);

    int code =
        troika.execute(
            "serve",
            "--config",
            file.toString(),
            "--set",
            "limits.sessions-max=7",
            "--print-config");

    assertThat(code).isZero();
    assertThat(troika.out()).contains("sessions-max = 7").contains("data-directory = \"/d\"");
  }

  @Test
  void serve_plainTextOutsideLoopback_is2AndNothingIsMade() throws Exception {
    Path data = directory.resolve("data");
    Path file =
        Files.writeString(
            directory.resolve("troika.conf"),
            """
            node-id = n1
            data-directory = "%s"
            members { n1 { raft = "0.0.0.0:1", peer = "0.0.0.0:2", client = "0.0.0.0:3" } }
            """
                .formatted(data));

    int code = troika.execute("serve", "--config", file.toString());

    assertThat(code).isEqualTo(ExitCodes.USAGE);
    assertThat(troika.err()).contains("members.n1.raft").contains("--insecure");
    assertThat(data).doesNotExist();
  }

  @Test
  void serve_insecure_isThatSetting() throws Exception {
    int code =
        troika.execute(
            "serve",
            "--insecure",
            "--node-id=n1",
            "--data=/d",
            "--set",
            "members=n1 { raft = \"h:1\", peer = \"h:2\", client = \"h:3\" }",
            "--print-config");

    assertThat(code).isZero();
    assertThat(troika.out()).contains("plain-text = anywhere");
  }

  @Test
  void serve_unknownKey_is2AndNamesTheNearest() {
    int code = troika.execute("serve", "--set", "limits.session-max=7");

    assertThat(code).isEqualTo(ExitCodes.USAGE);
    assertThat(troika.err()).contains("limits.session-max").contains("limits.sessions-max");
  }

  @Test
  void demo_fileThatIsNotThere_is1() {
    assertThat(troika.execute("demo", "no-such.fs")).isEqualTo(ExitCodes.FAILED);
    assertThat(troika.err()).contains("no-such.fs");
  }
}
