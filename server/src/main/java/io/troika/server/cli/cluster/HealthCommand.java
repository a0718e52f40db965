package io.troika.server.cli.cluster;

import com.google.gson.JsonObject;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.util.internal.logging.InternalLoggerFactory;
import io.grpc.netty.shaded.io.netty.util.internal.logging.JdkLoggerFactory;
import io.grpc.stub.MetadataUtils;
import io.troika.api.v1.AdminGrpc;
import io.troika.server.cli.options.Arguments;
import io.troika.server.cli.options.ExitCodes;
import io.troika.server.cli.options.HelpOption;
import io.troika.server.cli.options.OutputOption;
import io.troika.server.cli.options.TlsOption;
import io.troika.server.config.HostAndPort;
import io.troika.server.config.NodeConfig;
import io.troika.server.config.NodeConfigLoader;
import io.troika.server.config.TlsConfig;
import io.troika.server.tls.NodeTls;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Asks one node for its health; the health check of a container, so it has to start quickly. */
@Command(
    name = HealthCommand.NAME,
    description = {
      "Ask one node whether clients should be sent to it.",
      "Without an option it is the node that the environment (TROIKA_...) describes.",
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:yes", "1:no, or it does not answer", "2:wrong configuration"})
public final class HealthCommand implements Callable<Integer> {
  public static final String NAME = "health";

  private static final Metadata.Key<String> REASON =
      Metadata.Key.of("troika-health", Metadata.ASCII_STRING_MARSHALLER);

  private static final int TIMEOUT_SECONDS_MAX = 86_400;

  @Mixin HelpOption help;
  @Mixin private OutputOption output;
  @Spec private CommandSpec spec;

  @Mixin private TlsOption option;

  @ArgGroup private @Nullable Which which;

  @ArgGroup private @Nullable Question question;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "3",
      description = "How long it may take to answer. Default: ${DEFAULT-VALUE}.")
  private int timeoutSeconds;

  /** Leaves out what one small call does not need; for a JVM that does nothing else. */
  public static void startLean() {
    System.setProperty("io.grpc.netty.shaded.io.netty.jfr.enabled", "false");
    InternalLoggerFactory.setDefaultFactory(JdkLoggerFactory.INSTANCE);
  }

  /** Which node. */
  private static final class Which {
    @Option(
        names = {"-e", "--endpoint"},
        paramLabel = "HOST:PORT",
        description = "The node's client address.")
    private @Nullable String endpoint;

    @Option(
        names = {"-c", "--config"},
        paramLabel = "FILE",
        description = "The node's configuration.")
    private @Nullable Path file;
  }

  /** What is asked. */
  private static final class Question {
    @Option(names = "--ready", description = "Whether it can serve. The default.")
    private boolean ready;

    @Option(names = "--live", description = "Only whether a restart would not help it.")
    private boolean live;
  }

  @Override
  public Integer call() throws IOException {
    int unused = Arguments.inRange(spec, "--timeout", timeoutSeconds, 1, TIMEOUT_SECONDS_MAX);
    Target target = target();
    try (NodeTls tls = NodeTls.open(target.tls())) {
      return ask(target, tls);
    }
  }

  private int ask(Target target, NodeTls tls) {
    boolean live = question != null && question.live && !question.ready;
    AtomicReference<Metadata> headers = new AtomicReference<>();
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(target.address().toSocketAddress(), tls.toNode())
            .overrideAuthority(target.name().toString())
            .directExecutor()
            .proxyDetector(reached -> null)
            .build();
    try {
      ServingStatus status =
          HealthGrpc.newBlockingStub(channel)
              .withInterceptors(
                  MetadataUtils.newCaptureMetadataInterceptor(headers, new AtomicReference<>()))
              .withDeadlineAfter(timeoutSeconds, TimeUnit.SECONDS)
              .check(
                  HealthCheckRequest.newBuilder()
                      .setService(live ? AdminGrpc.SERVICE_NAME : "")
                      .build())
              .getStatus();
      boolean good = status == ServingStatus.SERVING;
      String state = live ? (good ? "live" : "not live") : (good ? "ready" : "not ready");
      return say(good, state, reason(headers.get()));
    } catch (StatusRuntimeException e) {
      return say(false, "no answer from " + target.address(), cause(e));
    } finally {
      channel.shutdownNow();
    }
  }

  /** Where it is asked, what its certificate calls it, and how the connection is secured. */
  private record Target(HostAndPort address, HostAndPort name, @Nullable TlsConfig tls) {}

  private Target target() {
    if (which != null && which.endpoint != null) {
      HostAndPort address = endpoint(which.endpoint);
      return new Target(address, address, option.files().orElse(null));
    }
    NodeConfigLoader loader = new NodeConfigLoader().environment(System.getenv());
    if (which != null && which.file != null) {
      loader.file(which.file);
    }
    NodeConfig config = loader.load();
    HostAndPort listen = config.listen(config.self().client());
    return new Target(
        listen.isAnyHost() ? new HostAndPort("127.0.0.1", listen.port()) : listen,
        config.self().client(),
        option.files().orElse(config.tls()));
  }

  private HostAndPort endpoint(String text) {
    try {
      return HostAndPort.parse(text);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--endpoint: " + e.getMessage(), e);
    }
  }

  private int say(boolean good, String state, String reason) {
    output.print(
        spec.commandLine().getOut(),
        () -> List.of(reason.isEmpty() ? state : state + ": " + reason),
        () -> {
          JsonObject json = new JsonObject();
          json.addProperty("good", good);
          json.addProperty("state", state);
          json.addProperty("reason", reason);
          return json;
        });
    return good ? ExitCodes.OK : ExitCodes.FAILED;
  }

  private static String reason(@Nullable Metadata headers) {
    String reason = headers == null ? null : headers.get(REASON);
    return reason == null ? "" : reason;
  }

  /** The innermost cause says it in the words of the system, as "Connection refused". */
  private static String cause(StatusRuntimeException failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
  }
}
