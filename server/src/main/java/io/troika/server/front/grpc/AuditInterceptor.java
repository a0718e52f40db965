package io.troika.server.front.grpc;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.troika.server.access.AuditText;
import io.troika.server.front.grpc.MethodAccess.Rule;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes one line for each call of an operator that ends, whoever it was and however it ended:
 *
 * <pre>{@code
 * caller="certificate 'ops'" from=/10.0.0.7:41234 call=Admin/Pack outcome=OK millis=12
 *   request="storage: \"main\" horizon: 42"
 * }</pre>
 *
 * <p>Outermost, so that it sees the status that the caller gets.
 */
final class AuditInterceptor implements ServerInterceptor {
  /** Documented, so that it can be sent to a place of its own. */
  static final String LOGGER = "troika.audit";

  private static final Logger AUDIT = LoggerFactory.getLogger(LOGGER);

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    Rule rule = MethodAccess.of(call.getMethodDescriptor().getFullMethodName());
    if (rule == null || !rule.audited()) {
      return next.startCall(call, headers);
    }
    AuditEntry entry = new AuditEntry();
    AuditedCall<Q, R> audited = new AuditedCall<>(call, entry);
    ServerCall.Listener<Q> listener =
        Contexts.interceptCall(
            Context.current().withValue(AuditEntry.KEY, entry), audited, headers, next);
    return new SimpleForwardingServerCallListener<>(listener) {
      /** The caller has gone; what was asked may have been done. */
      @Override
      public void onCancel() {
        audited.ended(Status.CANCELLED);
        super.onCancel();
      }
    };
  }

  private static final class AuditedCall<Q, R> extends SimpleForwardingServerCall<Q, R> {
    private final AuditEntry entry;
    private final long beganNanos = System.nanoTime();
    private final AtomicBoolean ended = new AtomicBoolean();

    private AuditedCall(ServerCall<Q, R> call, AuditEntry entry) {
      super(call);
      this.entry = entry;
    }

    @Override
    public void close(Status status, Metadata trailers) {
      ended(status);
      super.close(status, trailers);
    }

    private void ended(Status status) {
      if (!ended.compareAndSet(false, true)) {
        return;
      }
      String method = getMethodDescriptor().getFullMethodName();
      AUDIT.info(
          "caller={} from={} call={} outcome={} millis={} request={}",
          AuditText.quoted(entry.caller().toString()),
          getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR),
          method.substring(method.lastIndexOf('.') + 1),
          status.getCode(),
          (System.nanoTime() - beganNanos) / 1_000_000,
          AuditText.quoted(entry.request()));
    }
  }
}
