package io.troika.server.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * The manual page of a command with all that is below it, as {@code man} reads it (man(7)), from
 * what the commands say of themselves.
 */
final class ManualPage {
  private static final int ASCII_MAX = 0x7e;

  private final List<String> lines = new ArrayList<>();

  private ManualPage() {}

  /**
   * The page in section 1.
   *
   * @param version names what it is the manual of
   */
  static String of(CommandLine root, String version) {
    ManualPage page = new ManualPage();
    String name = root.getCommandName();
    page.lines.add(
        ".TH %s 1 \"\" \"%s\" \"%s manual\""
            .formatted(name.toUpperCase(Locale.ROOT), escaped(version), escaped(name)));
    page.heading("NAME");
    page.text(name + " - " + String.join(" ", root.getCommandSpec().usageMessage().description()));
    page.heading("SYNOPSIS");
    page.synopsis(root.getCommandSpec());
    page.heading("OPTIONS");
    page.arguments(root.getCommandSpec());
    page.heading("COMMANDS");
    page.below(root);
    page.heading("NOTES");
    page.text(root.getCommandSpec().usageMessage().footer());
    return String.join("\n", page.lines) + "\n";
  }

  private void below(CommandLine command) {
    for (CommandLine sub : command.getSubcommands().values()) {
      CommandSpec spec = sub.getCommandSpec();
      if (spec.usageMessage().hidden()) {
        continue;
      }
      if (sub.getSubcommands().isEmpty()) {
        lines.add(".SS \"%s\"".formatted(escaped(spec.qualifiedName())));
        synopsis(spec);
        lines.add(".PP");
        text(spec.usageMessage().description());
        arguments(spec);
        text(spec.usageMessage().footer());
      }
      below(sub);
    }
  }

  private void heading(String title) {
    lines.add(".SH " + title);
  }

  private void synopsis(CommandSpec spec) {
    String synopsis = new Help(spec, Help.defaultColorScheme(Ansi.OFF)).synopsis(0);
    text(synopsis.strip().replaceAll("\\s+", " "));
  }

  private void arguments(CommandSpec spec) {
    for (PositionalParamSpec each : spec.positionalParameters()) {
      argument(each, each.paramLabel());
    }
    for (OptionSpec each : spec.options()) {
      String names = String.join(", ", each.names());
      argument(each, each.arity().max() == 0 ? names : names + " " + each.paramLabel());
    }
    lines.add(".PP");
  }

  private void argument(ArgSpec argument, String title) {
    if (!argument.hidden()) {
      lines.add(".TP");
      lines.add(".B " + escaped(title));
      text(argument.description());
    }
  }

  /** A paragraph without what picocli marks up. */
  private void text(String... parts) {
    for (String part : parts) {
      String plain = Ansi.OFF.string(part.replace("%n", "\n").replace("%%", "%"));
      plain.lines().map(String::strip).filter(line -> !line.isEmpty()).forEach(this::line);
    }
  }

  private void line(String text) {
    String escaped = escaped(text);
    // At the beginning of a line these would be a request.
    lines.add(escaped.startsWith(".") || escaped.startsWith("'") ? "\\&" + escaped : escaped);
  }

  /** As roff writes it: a hyphen is to be a minus, and what is not ASCII has a name. */
  private static String escaped(String text) {
    return text.codePoints()
        .mapToObj(
            c ->
                switch (c) {
                  case '\\' -> "\\e";
                  case '-' -> "\\-";
                  case '"' -> "\\(dq";
                  default -> c > ASCII_MAX ? "\\[u%04X]".formatted(c) : Character.toString(c);
                })
        .collect(Collectors.joining());
  }
}
