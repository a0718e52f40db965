package io.troika.server.cli.options;

import io.troika.client.TroikaClient;
import io.troika.server.config.TlsConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What a command shows to the nodes, and whom it trusts. */
public final class TlsOption {
  private static final int FILES = 3;
  private static final int AUTHORITY_ALONE = 1;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--tls",
      paramLabel = "CERT,KEY,CA",
      split = ",",
      defaultValue = "${env:TROIKA_CLIENT_TLS}",
      hideParamSyntax = true,
      description = "PEM files, or CA alone. Default: TROIKA_CLIENT_TLS.")
  private List<Path> paths = List.of();

  /** Secures a client that is being built, as far as that was asked for. */
  void secure(TroikaClient.Builder builder) {
    if (paths.size() == AUTHORITY_ALONE) {
      TroikaClient.Builder unused = builder.tls(paths.get(0));
    } else {
      files().ifPresent(files -> builder.tls(files.certificate(), files.key(), files.authority()));
    }
  }

  /** Empty: plain text. */
  public Optional<TlsConfig> files() {
    if (paths.isEmpty()) {
      return Optional.empty();
    }
    if (paths.size() != FILES) {
      throw new ParameterException(
          spec.commandLine(),
          "--tls: expected three files (certificate, key, authority), found %s"
              .formatted(paths.size()));
    }
    return Optional.of(new TlsConfig(paths.get(0), paths.get(1), paths.get(2)));
  }
}
