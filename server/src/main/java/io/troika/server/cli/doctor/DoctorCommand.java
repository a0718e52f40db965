package io.troika.server.cli.doctor;

import io.troika.client.internal.connection.BearerToken;
import io.troika.server.cli.options.ClientOptions;
import io.troika.server.cli.options.ExitCodes;
import io.troika.server.cli.options.HelpOption;
import io.troika.server.cli.options.OutputOption;
import io.troika.server.config.TlsConfig;
import io.troika.server.tls.CertificateFile;
import io.troika.server.tls.NodeTls;
import java.io.IOException;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Says what is wrong with a cluster, and what to do about it. */
@Command(
    name = "doctor",
    description = "Examine a cluster: what is wrong, in plain words, and what to do.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:nothing is wrong",
      "1:something is, and the cluster serves",
      "3:no node answers, or without a majority or a leader nothing is committed"
    })
public final class DoctorCommand implements Callable<Integer> {
  @Mixin HelpOption help;
  @Mixin private ClientOptions client;
  @Mixin private OutputOption output;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException, InterruptedException {
    TlsConfig files = client.tlsFiles().orElse(null);
    Instant expires = files == null ? null : CertificateFile.expires(files.certificate());
    try (NodeTls tls = NodeTls.open(files);
        HouseCall call =
            new HouseCall(tls, client.timeout(), client.token().map(BearerToken::new))) {
      Doctor doctor = new Doctor(call.examine(client.endpoints(), expires));
      output.print(spec.commandLine().getOut(), doctor::lines, doctor::json);
      return doctor.isWell()
          ? ExitCodes.OK
          : doctor.canServe() ? ExitCodes.FAILED : ExitCodes.UNAVAILABLE;
    }
  }
}
