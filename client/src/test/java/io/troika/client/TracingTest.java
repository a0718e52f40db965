package io.troika.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.troika.api.v1.ErrorDetail;
import io.troika.client.fake.Errors;
import io.troika.client.fake.FakeCluster;
import io.troika.client.fake.Fault;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a client that is given OpenTelemetry tells it, and the nodes. */
final class TracingTest {
  private final InMemorySpanExporter exported = InMemorySpanExporter.create();
  private final OpenTelemetrySdk telemetry =
      OpenTelemetrySdk.builder()
          .setTracerProvider(
              SdkTracerProvider.builder()
                  .addSpanProcessor(SimpleSpanProcessor.create(exported))
                  .build())
          .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
          .build();
  private FakeCluster cluster;
  private TroikaClient client;

  @BeforeEach
  void start() throws IOException {
    cluster = new FakeCluster(1);
    client = TroikaClient.builder().endpoints(cluster.endpoints()).openTelemetry(telemetry).build();
  }

  @AfterEach
  void stop() {
    client.close();
    cluster.close();
  }

  private List<SpanData> commits() {
    return exported.getFinishedSpanItems().stream()
        .filter(span -> span.getName().equals("troika Commit"))
        .toList();
  }

  @Test
  void commit_withARetry_isOneSpanBelowTheCallers_ofWhichTheNodeHears() throws Exception {
    cluster.failNext(
        "Commit", new Fault.Refusal(Errors.of(ErrorDetail.Code.OVERLOADED, "queue full")));
    Span caller = telemetry.getTracer("test").spanBuilder("caller").startSpan();
    var unused =
        Context.current()
            .with(caller)
            .wrap(() -> client.store("main").run(tx -> tx.create("x", Codec.UTF8)))
            .call();

    assertThat(commits()).hasSize(1);
    SpanData span = commits().get(0);
    assertThat(span.getParentSpanId()).isEqualTo(caller.getSpanContext().getSpanId());
    assertThat(span.getEvents()).hasSize(1);
    assertThat(span.getAttributes().asMap().toString()).contains("troika.tries=2");
    assertThat(cluster.node(0).traceParents("Commit"))
        .hasSize(2)
        .allMatch(
            parent ->
                parent.startsWith("00-%s-%s-".formatted(span.getTraceId(), span.getSpanId())));
  }

  @Test
  void call_thatFails_isAnErrorOfItsSpan() {
    cluster.failNext("Commit", new Fault.Refusal(Errors.of(ErrorDetail.Code.CORRUPT, "damaged")));

    assertThatThrownBy(() -> client.store("main").run(tx -> tx.create("x", Codec.UTF8)))
        .isInstanceOf(BrokenException.class);

    assertThat(commits().get(0).getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
  }
}
