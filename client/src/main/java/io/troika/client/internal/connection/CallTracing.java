package io.troika.client.internal.connection;

import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapPropagator;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A span for each call with all its tries, below the one that is current where the call begins.
 * Nodes are told of it by W3C trace context in the headers. Nothing is done where nobody traces.
 */
public final class CallTracing {
  private final @Nullable OpenTelemetry telemetry;

  public CallTracing(Optional<OpenTelemetry> telemetry) {
    this.telemetry = telemetry.orElse(null);
  }

  /** On the thread of the caller. */
  CallSpan begin(String operation) {
    if (telemetry == null) {
      return CallSpan.NONE;
    }
    Span span =
        telemetry
            .getTracer("io.troika.client")
            .spanBuilder("troika " + operation)
            .setSpanKind(SpanKind.CLIENT)
            .startSpan();
    Metadata headers = new Metadata();
    TextMapPropagator propagator = telemetry.getPropagators().getTextMapPropagator();
    propagator.inject(
        Context.current().with(span),
        headers,
        (carrier, name, value) -> {
          if (carrier != null) {
            carrier.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value);
          }
        });
    return new CallSpan(span, headers);
  }

  /** One call. */
  static final class CallSpan {
    private static final CallSpan NONE = new CallSpan(Span.getInvalid(), null);

    private final Span span;
    private final @Nullable Metadata headers;

    private CallSpan(Span span, @Nullable Metadata headers) {
      this.span = span;
      this.headers = headers;
    }

    /** The channel, on which calls tell of this span. */
    Channel telling(Channel channel) {
      return headers == null
          ? channel
          : ClientInterceptors.intercept(
              channel, MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    void retried(String address, String why) {
      if (headers != null) {
        span.addEvent(
            "retry", Attributes.builder().put("address", address).put("why", why).build());
      }
    }

    void end(int tries, @Nullable Throwable failure) {
      if (headers != null) {
        span.setAttribute("troika.tries", tries);
        if (failure != null) {
          span.setStatus(StatusCode.ERROR, String.valueOf(failure.getMessage()));
        }
        span.end();
      }
    }
  }
}
