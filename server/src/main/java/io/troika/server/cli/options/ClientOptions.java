package io.troika.server.cli.options;

import io.troika.client.Freshness;
import io.troika.client.ReadPreference;
import io.troika.client.TroikaClient;
import io.troika.server.config.HostAndPort;
import io.troika.server.config.TlsConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How a command finds the cluster; shared by all that ask one. */
public final class ClientOptions {
  private static final int TIMEOUT_SECONDS_MAX = 86_400;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = {"-e", "--endpoints"},
      paramLabel = "HOST:PORT,…",
      defaultValue = "${env:TROIKA_ENDPOINTS:-127.0.0.1:7401,127.0.0.1:7402,127.0.0.1:7403}",
      description = {
        "Some nodes of the cluster.",
        "Default: TROIKA_ENDPOINTS, else those of 'troika dev'."
      })
  private String endpoints;

  @Mixin private TlsOption tls;

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      hidden = true, // named in the help of all: each command's help is to fit a screen
      description = "Has a token in it. Default: that of TROIKA_TOKEN, else none.")
  private @Nullable Path tokenFile;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "10",
      description = "How long one call may take. Default: ${DEFAULT-VALUE}.")
  private int timeoutSeconds;

  /** A client, to be closed by the caller. */
  public TroikaClient connect() {
    return connectTo(endpoints);
  }

  /**
   * A client that reads much: from a follower, if there is one. What it sees includes all that it
   * has seen before.
   */
  public TroikaClient connectForReading() {
    return builder(endpoints)
        .readPreference(ReadPreference.FOLLOWER)
        .freshness(Freshness.SESSION)
        .build();
  }

  /** A client that asks exactly these nodes first. */
  TroikaClient connectTo(String addresses) {
    return builder(addresses).build();
  }

  private TroikaClient.Builder builder(String addresses) {
    Duration timeout = timeout();
    Duration tryTimeout = TroikaClient.Builder.TRY_TIMEOUT_DEFAULT;
    TroikaClient.Builder builder =
        named(addresses)
            .callTimeout(timeout)
            .tryTimeout(tryTimeout.compareTo(timeout) < 0 ? tryTimeout : timeout);
    tls.secure(builder);
    token().ifPresent(builder::token);
    return builder;
  }

  private TroikaClient.Builder named(String addresses) {
    try {
      return TroikaClient.builder().endpoints(addresses);
    } catch (IllegalArgumentException e) {
      throw wrong(e);
    }
  }

  private ParameterException wrong(IllegalArgumentException cause) {
    return new ParameterException(spec.commandLine(), "--endpoints: " + cause.getMessage(), cause);
  }

  /** Never an option's value: what is typed there can be read by everybody on the machine. */
  public Optional<String> token() {
    if (tokenFile != null) {
      try {
        return Optional.of(Files.readString(tokenFile).strip());
      } catch (IOException e) {
        throw new UncheckedIOException(tokenFile + ": can't be read", e);
      }
    }
    return Optional.ofNullable(System.getenv("TROIKA_TOKEN")).filter(text -> !text.isEmpty());
  }

  /** The nodes that were named. */
  public List<HostAndPort> endpoints() {
    try {
      return Pattern.compile("\\s*,\\s*")
          .splitAsStream(endpoints.strip())
          .map(HostAndPort::parse)
          .toList();
    } catch (IllegalArgumentException e) {
      throw wrong(e);
    }
  }

  /** How the connections are secured; empty: they are not. */
  public Optional<TlsConfig> tlsFiles() {
    return tls.files();
  }

  public Duration timeout() {
    return Duration.ofSeconds(
        Arguments.inRange(spec, "--timeout", timeoutSeconds, 1, TIMEOUT_SECONDS_MAX));
  }
}
