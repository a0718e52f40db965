package io.troika.server.node;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.troika.client.Codec;
import io.troika.client.TroikaClient;
import io.troika.server.config.NodeConfig;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a collector hears of three nodes, and of a client that traces too. */
@Timeout(600)
final class TracesOfClusterTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir Path directory;

  /** The fields of OTLP that are asked about. */
  private record Span(String trace, String id, String parent, String name) {}

  /** Takes OTLP over HTTP. */
  private static final class Collector implements AutoCloseable {
    private final HttpServer http;
    private final List<Span> spans = new CopyOnWriteArrayList<>();

    private Collector() throws IOException {
      http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      http.createContext("/v1/traces", this::take);
      http.start();
    }

    private String endpoint() {
      return "http://127.0.0.1:" + http.getAddress().getPort();
    }

    private void take(HttpExchange exchange) throws IOException {
      boolean zipped = "gzip".equals(exchange.getRequestHeaders().getFirst("content-encoding"));
      try (exchange;
          InputStream body = exchange.getRequestBody();
          InputStream plain = zipped ? new GZIPInputStream(body) : body) {
        spans.addAll(spans(plain.readAllBytes()));
        exchange.getResponseHeaders().add("content-type", "application/x-protobuf");
        exchange.sendResponseHeaders(200, -1);
      }
    }

    /** ExportTraceServiceRequest: ResourceSpans (1), of each ScopeSpans (2), of each Span (2). */
    private static List<Span> spans(byte[] request) throws IOException {
      List<Span> found = new ArrayList<>();
      for (ByteString resource : field(ByteString.copyFrom(request), 1)) {
        for (ByteString scope : field(resource, 2)) {
          for (ByteString span : field(scope, 2)) {
            found.add(
                new Span(hex(span, 1), hex(span, 2), hex(span, 4), text(field(span, 5).get(0))));
          }
        }
      }
      return found;
    }

    private static List<ByteString> field(ByteString message, int number) throws IOException {
      return UnknownFieldSet.parseFrom(message).getField(number).getLengthDelimitedList();
    }

    private static String hex(ByteString span, int number) throws IOException {
      List<ByteString> values = field(span, number);
      return values.isEmpty() ? "" : HexFormat.of().formatHex(values.get(0).toByteArray());
    }

    private static String text(ByteString value) {
      return value.toStringUtf8();
    }

    @Override
    public void close() {
      http.stop(0);
    }
  }

  private ClusterLayout tracingTo(String endpoint) throws IOException {
    ClusterLayout plain = ClusterLayout.onFreePorts(directory, 3);
    plain.write();
    for (NodeConfig node : plain.nodes()) {
      Files.writeString(
          plain.configFile(node.nodeId()),
          "tracing.otlp-endpoint = \"%s\"\n".formatted(endpoint),
          StandardOpenOption.APPEND);
    }
    return ClusterLayout.read(directory);
  }

  private static Span named(Map<String, Span> spans, String name) {
    Span span = spans.get(name);
    assertThat(span).as(name).isNotNull();
    return requireNonNull(span);
  }

  @Test
  void commit_ofAClientThatTraces_isOneTraceDownToItsLogEntry() throws IOException {
    InMemorySpanExporter exported = InMemorySpanExporter.create();
    OpenTelemetrySdk telemetry =
        OpenTelemetrySdk.builder()
            .setTracerProvider(
                SdkTracerProvider.builder()
                    .addSpanProcessor(SimpleSpanProcessor.create(exported))
                    .build())
            .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
            .build();
    try (Collector collector = new Collector()) {
      ClusterLayout layout = tracingTo(collector.endpoint());
      try (LocalCluster cluster = LocalCluster.start(layout);
          TroikaClient client =
              TroikaClient.builder()
                  .endpoints(layout.endpoints())
                  .callTimeout(PATIENCE)
                  .tryTimeout(PATIENCE) // a second try would be a second span
                  .openTelemetry(telemetry)
                  .build()) {
        WholeCluster.awaitIt(client, PATIENCE);
        var unused = client.store("main").run(tx -> tx.create("traced", Codec.UTF8));
        assertThat(cluster.whenAnyBroken()).isNotDone();
      } // nodes that stop send what they have

      SpanData call =
          exported.getFinishedSpanItems().stream()
              .filter(span -> span.getName().equals("troika Commit"))
              .findFirst()
              .orElseThrow();
      Map<String, Span> spans =
          collector.spans.stream()
              .filter(span -> span.trace().equals(call.getTraceId()))
              .filter(span -> !span.name().contains("/") || span.name().endsWith("/Commit"))
              .collect(toMap(Span::name, span -> span));
      assertThat(spans)
          .containsOnlyKeys("troika.v1.ObjectStore/Commit", "commit", "sequence", "log", "apply");
      Span answering = named(spans, "troika.v1.ObjectStore/Commit");
      Span commit = named(spans, "commit");
      assertThat(answering.parent()).isEqualTo(call.getSpanId());
      assertThat(commit.parent()).isEqualTo(answering.id());
      assertThat(named(spans, "sequence").parent()).isEqualTo(commit.id());
      assertThat(named(spans, "log").parent()).isEqualTo(commit.id());
      assertThat(named(spans, "apply").parent()).isEqualTo(named(spans, "log").id());
    }
  }

  @Test
  void collectorThatIsNotThere_doesNotHinderCommits() throws IOException {
    ClusterLayout layout = tracingTo("http://127.0.0.1:1");
    try (LocalCluster cluster = LocalCluster.start(layout);
        TroikaClient client = WholeCluster.connect(layout.endpoints())) {
      WholeCluster.awaitIt(client, PATIENCE);
      var oid = client.store("main").run(tx -> tx.create("untraced", Codec.UTF8));

      assertThat(client.store("main").view().read(oid, Codec.UTF8)).isEqualTo("untraced");
      assertThat(cluster.whenAnyBroken()).isNotDone();
    }
  }
}
