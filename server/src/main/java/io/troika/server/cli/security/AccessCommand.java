package io.troika.server.cli.security;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.troika.client.AccessGrant;
import io.troika.client.AccessGrant.Kind;
import io.troika.client.AccessGrant.Permission;
import io.troika.client.ClusterAdmin;
import io.troika.client.TroikaClient;
import io.troika.server.cli.options.ClientOptions;
import io.troika.server.cli.options.CommandGroup;
import io.troika.server.cli.options.HelpOption;
import io.troika.server.cli.options.OutputOption;
import io.troika.server.cli.options.QueryCommand;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Commands about who may do what. */
@Command(
    name = "access",
    description = "Say who may do what, where security.access = required.",
    subcommands = {
      AccessCommand.Listing.class,
      AccessCommand.Token.class,
      AccessCommand.Certificate.class,
      AccessCommand.Revoke.class,
    })
public final class AccessCommand extends CommandGroup {
  /** What is granted. */
  private static final class Granted {
    private static final Pattern DURATION = Pattern.compile("([1-9][0-9]{0,5})([dhm])");

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
        names = "--allow",
        paramLabel = "WHAT",
        split = ",",
        required = true,
        description = "read, write, admin, backup; several with commas.")
    private List<Permission> permissions = List.of();

    @Option(
        names = "--storage",
        paramLabel = "NAME",
        split = ",",
        description = "For these only. Default: all, and the cluster.")
    private List<String> storages = List.of();

    @Option(
        names = "--expires",
        paramLabel = "TIME",
        description = "From now on, such as 90d, 12h, 30m. Default: never.")
    private @Nullable String expires;

    private AccessGrant grant(Kind kind, String name) {
      return new AccessGrant(
          kind,
          name,
          new LinkedHashSet<>(permissions),
          new LinkedHashSet<>(storages),
          expires == null ? Optional.empty() : Optional.of(Instant.now().plus(lifetime(expires))));
    }

    private Duration lifetime(String text) {
      Matcher matcher = DURATION.matcher(text);
      if (!matcher.matches()) {
        throw new ParameterException(
            spec.commandLine(),
            "--expires: expected a number and d, h or m, found '%s'".formatted(text));
      }
      long count = Long.parseLong(matcher.group(1));
      return switch (matcher.group(2)) {
        case "d" -> Duration.ofDays(count);
        case "h" -> Duration.ofHours(count);
        default -> Duration.ofMinutes(count);
      };
    }
  }

  /** Shows all grants. */
  @Command(name = "list", description = "List what tokens and certificates may do.")
  static final class Listing extends QueryCommand<List<AccessGrant>> {
    @Override
    protected List<AccessGrant> ask(ClusterAdmin admin) {
      return admin.grants();
    }

    @Override
    protected List<String> text(List<AccessGrant> grants) {
      return AccessText.grants(grants);
    }

    @Override
    protected JsonElement json(List<AccessGrant> grants) {
      return AccessText.grantsJson(grants);
    }
  }

  /** Makes a token. */
  @Command(
      name = "token",
      description = {
        "Make a token and print it: the only copy there is.",
        "For --token-file and TROIKA_TOKEN of commands, and for client programs."
      })
  static final class Token implements Runnable {
    @Mixin HelpOption help;
    @Mixin private ClientOptions client;
    @Mixin private Granted granted;
    @Mixin private OutputOption output;
    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "NAME", description = "Its name, for lists and logs.")
    private String name;

    @Override
    public void run() {
      AccessGrant grant = granted.grant(Kind.TOKEN, requirePlain(name));
      try (TroikaClient connected = client.connect()) {
        String token = connected.admin().createToken(grant);
        output.print(
            spec.commandLine().getOut(),
            () -> List.of(token),
            () -> {
              JsonObject json = new JsonObject();
              json.addProperty("token", token);
              return json;
            });
      }
    }

    /** It travels in a header, before the secret. */
    private String requirePlain(String text) {
      if (!text.matches("[A-Za-z0-9._-]{1,64}")) {
        throw new ParameterException(
            spec.commandLine(),
            "name '%s': expected 1 to 64 letters, digits, '.', '_' and '-'".formatted(text));
      }
      return text;
    }
  }

  /** Grants to a certificate. */
  @Command(
      name = "certificate",
      description = "Say what a certificate may do, in place of what it could.")
  static final class Certificate implements Runnable {
    @Mixin HelpOption help;
    @Mixin private ClientOptions client;
    @Mixin private Granted granted;
    @Mixin private OutputOption output;
    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "NAME", description = "Common name (CN) of its subject.")
    private String name;

    @Override
    public void run() {
      AccessGrant grant = granted.grant(Kind.CERTIFICATE, name);
      try (TroikaClient connected = client.connect()) {
        connected.admin().grant(grant);
      }
      output.print(
          spec.commandLine().getOut(),
          () -> AccessText.grants(List.of(grant)),
          () -> AccessText.grantsJson(List.of(grant)));
    }
  }

  /** Takes back. */
  @Command(
      name = "revoke",
      description = "Take back what was granted; watches that are open go on.")
  static final class Revoke implements Runnable {
    @Mixin HelpOption help;
    @Mixin private ClientOptions client;
    @Mixin private OutputOption output;
    @Spec private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "KIND", description = "token or certificate.")
    private Kind kind;

    @Parameters(index = "1", paramLabel = "NAME", description = "As 'access list' shows it.")
    private String name;

    @Override
    public void run() {
      try (TroikaClient connected = client.connect()) {
        String text = AccessText.kind(kind) + " '" + name + "'";
        if (!connected.admin().revoke(kind, name)) {
          throw new IllegalArgumentException(text + ": has no grant; see 'troika access list'");
        }
        output.print(
            spec.commandLine().getOut(),
            () -> List.of("Revoked " + text),
            () -> {
              JsonObject json = new JsonObject();
              json.addProperty("kind", AccessText.kind(kind));
              json.addProperty("name", name);
              return json;
            });
      }
    }
  }
}
