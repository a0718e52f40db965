package io.troika.server.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code troika man}. */
class ManualPageTest {
  @TempDir Path directory;

  @Command(name = "tool", description = "Does it.", subcommands = Sub.class, footer = "The end.")
  static final class Tool {
    @Option(names = "-v", description = "Says more.")
    boolean verbose;
  }

  @Command(
      name = "sub",
      description = {"It costs 10 %% of \"all\".", ".dotted 'quoted' back\\slash, 5…6"})
  static final class Sub {
    @Parameters(paramLabel = "FILE", description = "What to read.")
    Path file;

    @Option(
        names = {"-n", "--count"},
        paramLabel = "N",
        defaultValue = "3",
        description = "How often (${DEFAULT-VALUE}).")
    int count;

    @Option(names = "--secret", hidden = true)
    boolean secret;
  }

  @Test
  void page_tellsOfEachCommandWhatItsHelpTells() {
    assertThat(ManualPage.of(new CommandLine(new Tool()), "tool 1.0"))
        .isEqualTo(
            """
            .TH TOOL 1 "" "tool 1.0" "tool manual"
            .SH NAME
            tool \\- Does it.
            .SH SYNOPSIS
            tool [\\-v] [COMMAND]
            .SH OPTIONS
            .TP
            .B \\-v
            Says more.
            .PP
            .SH COMMANDS
            .SS "tool sub"
            tool sub [\\-n=N] FILE
            .PP
            It costs 10 % of \\(dqall\\(dq.
            \\&.dotted 'quoted' back\\eslash, 5\\[u2026]6
            .TP
            .B FILE
            What to read.
            .TP
            .B \\-n, \\-\\-count N
            How often (3).
            .PP
            .SH NOTES
            The end.
            """);
  }

  @Test
  void page_ofTroika_hasEveryCommandThatIsNotHidden() {
    String page = page();

    assertThat(commands(TroikaCommand.commandLine()))
        .isNotEmpty()
        .allSatisfy(
            name -> assertThat(page).contains(".SS \"" + name.replace("-", "\\-") + "\"\n"));
    assertThat(page).doesNotContain("rehearse", "@|", "${");
  }

  private static List<String> commands(CommandLine command) {
    return command.getSubcommands().values().stream()
        .filter(sub -> !sub.getCommandSpec().usageMessage().hidden())
        .flatMap(
            sub ->
                sub.getSubcommands().isEmpty()
                    ? Stream.of(sub.getCommandSpec().qualifiedName())
                    : commands(sub).stream())
        .toList();
  }

  @Test
  void page_isReadByManWithoutAWarning() throws IOException, InterruptedException {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/man")), "there is no man here");
    Path page = Files.writeString(directory.resolve("troika.1"), page());
    ProcessBuilder man =
        new ProcessBuilder("man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", page.toString())
            .redirectError(directory.resolve("warnings").toFile())
            .redirectOutput(directory.resolve("text").toFile());
    man.environment().put("MANWIDTH", "80");
    man.environment().put("MANPAGER", "cat");

    assertThat(man.start().waitFor()).isZero();

    assertThat(directory.resolve("warnings")).isEmptyFile();
    String overstruck = Files.readString(directory.resolve("text"), UTF_8);
    assertThat(overstruck.replaceAll(".\b", "")).contains("storage", "quota", "NOTES");
  }

  private static String page() {
    StringWriter out = new StringWriter();
    CommandLine command = TroikaCommand.commandLine().setOut(new PrintWriter(out));
    assertThat(command.execute("man")).isZero();
    return out.toString();
  }
}
