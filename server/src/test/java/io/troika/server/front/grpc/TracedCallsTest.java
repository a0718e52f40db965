package io.troika.server.front.grpc;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.troika.api.v1.ObjectStoreGrpc;
import io.troika.server.access.AccessControl;
import io.troika.server.service.ServiceFixture;
import io.troika.server.tracing.TransactionSpans;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a trace shows of a call. */
final class TracedCallsTest {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String CALL = "troika.v1.ObjectStore/Commit";
  private static final String CALLER = "b7ad6b7169203331";

  private final InMemorySpanExporter exported = InMemorySpanExporter.create();
  private final OpenTelemetry telemetry =
      OpenTelemetrySdk.builder()
          .setTracerProvider(
              SdkTracerProvider.builder()
                  .addSpanProcessor(SimpleSpanProcessor.create(exported))
                  .build())
          .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
          .build();
  private final ServiceFixture service = new ServiceFixture();
  private FrontFixture fixture;

  @BeforeEach
  void start() {
    service.service.trace(new TransactionSpans(telemetry));
    fixture = new FrontFixture(service, AccessControl.OPEN, telemetry);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  /** Once that of the call is among them: it ends after the caller has its answer. */
  private Map<String, SpanData> spans() {
    return await()
        .until(
            () -> {
              Map<String, SpanData> spans = new TreeMap<>();
              exported.getFinishedSpanItems().forEach(span -> spans.put(span.getName(), span));
              return spans;
            },
            spans -> spans.containsKey(CALL));
  }

  private static SpanData named(Map<String, SpanData> spans, String name) {
    SpanData span = spans.get(name);
    assertThat(span).as(name).isNotNull();
    return requireNonNull(span);
  }

  @Test
  void commit_isOneTraceFromItsCallerToTheLog() {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER),
        "00-%s-%s-01".formatted(TRACE, CALLER));
    var unused =
        ObjectStoreGrpc.newBlockingStub(
                ClientInterceptors.intercept(
                    fixture.channel, MetadataUtils.newAttachHeadersInterceptor(headers)))
            .withDeadlineAfter(20, TimeUnit.SECONDS)
            .commit(fixture.transaction().addWrites(FrontFixture.write(1, 0, "a")).build());

    Map<String, SpanData> spans = spans();
    SpanData call = named(spans, CALL);
    assertThat(spans).containsOnlyKeys(CALL, "commit", "sequence", "log");
    assertThat(spans.values()).extracting(SpanData::getTraceId).containsOnly(TRACE);
    assertThat(call.getParentSpanId()).isEqualTo(CALLER);
    assertThat(named(spans, "commit").getParentSpanId()).isEqualTo(call.getSpanId());
    assertThat(named(spans, "sequence").getParentSpanId())
        .isEqualTo(named(spans, "commit").getSpanId());
    assertThat(named(spans, "log").getParentSpanId()).isEqualTo(named(spans, "commit").getSpanId());
    assertThat(named(spans, "commit").getAttributes().asMap().toString())
        .contains("troika.outcome", "Committed", "troika.transaction");
  }

  @Test
  void conflict_isAnErrorAndNeverInTheLog() {
    fixture.commit(1, 0, "a");
    assertThat(spans()).isNotEmpty();
    exported.reset();

    var unused = FrontFixture.error(() -> fixture.commit(1, 1, "b"));

    Map<String, SpanData> spans = spans();
    assertThat(spans).doesNotContainKey("log").containsKey("sequence");
    assertThat(named(spans, "commit").getStatus().getStatusCode())
        .isEqualTo(StatusData.error().getStatusCode());
    assertThat(named(spans, CALL).getStatus().getStatusCode())
        .isEqualTo(StatusData.error().getStatusCode());
  }
}
