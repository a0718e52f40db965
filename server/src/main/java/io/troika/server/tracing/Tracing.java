package io.troika.server.tracing;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.net.URI;
import java.util.concurrent.TimeUnit;

/** Where the spans of one node go. */
public final class Tracing implements AutoCloseable {
  private static final long LAST_SPANS_MAX_SECONDS = 2;
  private static final double PERCENT = 100;

  private final OpenTelemetrySdk telemetry;

  private Tracing(OpenTelemetrySdk telemetry) {
    this.telemetry = telemetry;
  }

  /**
   * Sends spans in batches in the background, and drops them while nobody takes them.
   *
   * @param endpoint of a collector that takes OTLP over HTTP, such as {@code http://host:4318}
   * @param sampledPercent of the calls whose caller has not decided whether it traces them
   */
  public static Tracing start(URI endpoint, String nodeId, String version, int sampledPercent) {
    Resource resource =
        Resource.getDefault().toBuilder()
            .put(AttributeKey.stringKey("service.name"), "troika")
            .put(AttributeKey.stringKey("service.instance.id"), nodeId)
            .put(AttributeKey.stringKey("service.version"), version)
            .build();
    OtlpHttpSpanExporter exporter =
        OtlpHttpSpanExporter.builder()
            .setEndpoint(endpoint.resolve("/v1/traces").toString())
            .build();
    SdkTracerProvider provider =
        SdkTracerProvider.builder()
            .setResource(resource)
            .setSampler(Sampler.parentBased(Sampler.traceIdRatioBased(sampledPercent / PERCENT)))
            .addSpanProcessor(BatchSpanProcessor.builder(exporter).build())
            .build();
    return new Tracing(
        OpenTelemetrySdk.builder()
            .setTracerProvider(provider)
            .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
            .build());
  }

  public OpenTelemetry telemetry() {
    return telemetry;
  }

  /** Sends what is left, for two seconds at most. */
  @Override
  public void close() {
    var unused =
        telemetry.getSdkTracerProvider().shutdown().join(LAST_SPANS_MAX_SECONDS, TimeUnit.SECONDS);
  }
}
