package io.troika.server.cli.security;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.troika.server.cli.options.Arguments;
import io.troika.server.cli.options.CommandGroup;
import io.troika.server.cli.options.ExitCodes;
import io.troika.server.cli.options.HelpOption;
import io.troika.server.cli.options.OutputOption;
import io.troika.server.tls.CertificateAuthority;
import io.troika.server.tls.CertificateAuthority.Issued;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Certificates for those who have no authority of their own. */
@Command(
    name = "cert",
    description = {
      "Make a private authority and its certificates.",
      "PEM files in one directory. Keep its ca.key away from the nodes.",
    },
    subcommands = {
      CertCommand.Authority.class,
      CertCommand.OfNode.class,
      CertCommand.OfClient.class,
      CertCommand.Renew.class,
    })
public final class CertCommand extends CommandGroup {
  /** Where the authority is. */
  private static final class Place {
    @Option(
        names = {"-d", "--directory"},
        paramLabel = "DIR",
        defaultValue = "certificates",
        description = "Of the authority. Default: ${DEFAULT-VALUE}.")
    private Path directory;

    private CertificateAuthority open() throws IOException {
      return CertificateAuthority.open(directory, Clock.systemUTC());
    }
  }

  /** What is signed, for how long. */
  private static final class Subject {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Mixin private Days days;

    @Parameters(index = "0", paramLabel = "NAME", description = "Its name, and of its files.")
    private String name;

    private String name() {
      return checked(spec, name);
    }

    private Duration validity() {
      return days.validity();
    }
  }

  /** For how long. */
  private static final class Days {
    private static final int DAYS_MAX = 3_650;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
        names = "--days",
        paramLabel = "COUNT",
        defaultValue = "365",
        description = "How long it is valid, 1 to 3,650. Default: ${DEFAULT-VALUE}.")
    private int days;

    private Duration validity() {
      return Duration.ofDays(Arguments.inRange(spec, "--days", days, 1, DAYS_MAX));
    }
  }

  private static String checked(CommandSpec spec, String name) {
    if (!name.matches("[A-Za-z0-9._-]{1,64}") || name.equals("ca")) {
      throw new ParameterException(
          spec.commandLine(),
          "name '%s': expected 1 to 64 letters, digits, '.', '_' and '-', and not 'ca'"
              .formatted(name));
    }
    return name;
  }

  private static void say(CommandSpec spec, OutputOption output, Path file) {
    output.print(
        spec.commandLine().getOut(),
        () -> List.of("Made " + file + " and its key"),
        () -> {
          JsonObject json = new JsonObject();
          json.addProperty("certificate", file.toString());
          return json;
        });
  }

  /** Makes the authority. */
  @Command(name = "authority", description = "Make the authority: ca.crt and ca.key.")
  static final class Authority implements Callable<Integer> {
    @Mixin HelpOption help;
    @Mixin private Place place;
    @Mixin private OutputOption output;
    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
      var unused = CertificateAuthority.create(place.directory, Clock.systemUTC());
      say(spec, output, place.directory.resolve("ca.crt"));
      return ExitCodes.OK;
    }
  }

  /** Signs for a node. */
  @Command(name = "node", description = "Make a node's certificate and key.")
  static final class OfNode implements Callable<Integer> {
    @Mixin HelpOption help;
    @Mixin private Place place;
    @Mixin private Subject subject;
    @Mixin private OutputOption output;
    @Spec private CommandSpec spec;

    @Parameters(
        index = "1..*",
        arity = "1..*",
        paramLabel = "HOST",
        description = "Each name and address under which others reach it.")
    private List<String> hosts;

    @Override
    public Integer call() throws IOException {
      String name = subject.name();
      Duration validity = subject.validity();
      say(spec, output, place.open().issueNode(name, hosts, validity));
      return ExitCodes.OK;
    }
  }

  /** Signs for a client. */
  @Command(
      name = "client",
      description = "Make a client's certificate and key; nodes don't take it for a node.")
  static final class OfClient implements Callable<Integer> {
    @Mixin HelpOption help;
    @Mixin private Place place;
    @Mixin private Subject subject;
    @Mixin private OutputOption output;
    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
      String name = subject.name();
      Duration validity = subject.validity();
      say(spec, output, place.open().issueClient(name, validity));
      return ExitCodes.OK;
    }
  }

  /** Signs again what ends soon. */
  @Command(
      name = "renew",
      description = {
        "Sign certificates anew, for the same hosts and uses.",
        "Those that are named, or all that end soon. Their keys stay: hand out NAME.crt alone; nodes"
            + " take it without a restart.",
      })
  static final class Renew implements Callable<Integer> {
    private static final int WITHIN_MAX = 3_650;

    @Mixin HelpOption help;
    @Mixin private Place place;
    @Mixin private Days days;
    @Mixin private OutputOption output;
    @Spec private CommandSpec spec;

    @Parameters(arity = "0..*", paramLabel = "NAME", description = "Of whom, whenever it ends.")
    private List<String> names = List.of();

    @Option(
        names = "--within",
        paramLabel = "COUNT",
        defaultValue = "30",
        description = "Without names: what ends within so many days. Default: ${DEFAULT-VALUE}.")
    private int within;

    @Override
    public Integer call() throws IOException {
      Duration soon = Duration.ofDays(Arguments.inRange(spec, "--within", within, 1, WITHIN_MAX));
      Duration validity = days.validity();
      List<String> named = names.stream().map(name -> checked(spec, name)).toList();
      CertificateAuthority authority = place.open();
      List<Issued> renewed = new ArrayList<>();
      for (String name : named.isEmpty() ? endingBefore(authority, now().plus(soon)) : named) {
        renewed.add(authority.renew(name, validity));
      }
      output.print(
          spec.commandLine().getOut(), () -> text(authority, renewed), () -> json(renewed));
      return ExitCodes.OK;
    }

    private static Instant now() {
      return Clock.systemUTC().instant();
    }

    private static List<String> endingBefore(CertificateAuthority authority, Instant limit)
        throws IOException {
      return authority.issued().stream()
          .filter(each -> each.ends().isBefore(limit))
          .map(Issued::name)
          .toList();
    }

    private static List<String> text(CertificateAuthority authority, List<Issued> renewed) {
      if (renewed.isEmpty()) {
        return List.of("None of " + authority.directory() + " ends so soon");
      }
      return renewed.stream()
          .map(each -> "Renewed %s: valid until %s".formatted(each.file(), day(each)))
          .toList();
    }

    private static LocalDate day(Issued certificate) {
      return certificate.ends().atZone(ZoneOffset.UTC).toLocalDate();
    }

    private static JsonObject json(List<Issued> renewed) {
      JsonArray list = new JsonArray();
      for (Issued each : renewed) {
        JsonObject one = new JsonObject();
        one.addProperty("certificate", each.file().toString());
        one.addProperty("ends", each.ends().toString());
        list.add(one);
      }
      JsonObject json = new JsonObject();
      json.add("renewed", list);
      return json;
    }
  }
}
