package io.troika.server.front.grpc;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A span for each call, below that of its caller if the headers name one (W3C trace context). What
 * a call does on its own thread finds the span as the current one.
 */
final class TraceInterceptor implements ServerInterceptor {
  private static final TextMapGetter<Metadata> HEADERS =
      new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(Metadata headers) {
          Set<String> names = headers.keys();
          return names.stream().filter(name -> !isBinary(name)).collect(Collectors.toSet());
        }

        @Override
        public @Nullable String get(@Nullable Metadata headers, String name) {
          return headers == null || isBinary(name)
              ? null
              : headers.get(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
        }

        private static boolean isBinary(String name) {
          return name.endsWith(Metadata.BINARY_HEADER_SUFFIX);
        }
      };

  private final OpenTelemetry telemetry;
  private final Tracer tracer;

  TraceInterceptor(OpenTelemetry telemetry) {
    this.telemetry = telemetry;
    this.tracer = telemetry.getTracer("io.troika.server");
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    Context caller =
        telemetry.getPropagators().getTextMapPropagator().extract(Context.root(), headers, HEADERS);
    Span span =
        tracer
            .spanBuilder(call.getMethodDescriptor().getFullMethodName())
            .setParent(caller)
            .setSpanKind(SpanKind.SERVER)
            .setAttribute("rpc.system", "grpc")
            .startSpan();
    Context context = caller.with(span);
    ServerCall.Listener<Q> listener =
        context.wrapSupplier(() -> next.startCall(new Ending<>(call, span), headers)).get();
    return new InSpan<>(listener, context, span);
  }

  /** Ends the span with the call's status. */
  private static final class Ending<Q, R> extends SimpleForwardingServerCall<Q, R> {
    private final Span span;

    private Ending(ServerCall<Q, R> call, Span span) {
      super(call);
      this.span = span;
    }

    @Override
    public void close(Status status, Metadata trailers) {
      if (!status.isOk()) {
        span.setStatus(StatusCode.ERROR, String.valueOf(status.getDescription()));
      }
      span.setAttribute("rpc.grpc.status_code", status.getCode().value());
      span.end();
      super.close(status, trailers);
    }
  }

  /** The span is the current one while the call is worked on. */
  private static final class InSpan<Q> extends SimpleForwardingServerCallListener<Q> {
    private final Context context;
    private final Span span;

    private InSpan(ServerCall.Listener<Q> delegate, Context context, Span span) {
      super(delegate);
      this.context = context;
      this.span = span;
    }

    @Override
    public void onMessage(Q message) {
      context.wrap(() -> super.onMessage(message)).run();
    }

    @Override
    public void onHalfClose() {
      context.wrap(() -> super.onHalfClose()).run();
    }

    @Override
    public void onCancel() {
      span.setStatus(StatusCode.ERROR, "cancelled");
      span.end();
      super.onCancel();
    }
  }
}
