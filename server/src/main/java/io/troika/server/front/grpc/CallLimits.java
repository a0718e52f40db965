package io.troika.server.front.grpc;

import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.troika.server.service.refusals.OverloadedException;
import io.troika.server.service.refusals.StoppingException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/**
 * Bounds the calls in flight, and among them the scans, whose work waits in the queue of a pool: so
 * that queue is bounded too. Beyond a bound a call is refused at once.
 */
final class CallLimits implements ServerInterceptor {
  /** Calls in flight, all connections together; watches are bounded apart, by the service. */
  static final int CALLS_MAX = 20_000;

  /** Scans among them. */
  static final int SCANS_MAX = 1_000;

  private final Predicate<ServerCall<?, ?>> isScan;
  private final AtomicInteger calls = new AtomicInteger();
  private final AtomicInteger scans = new AtomicInteger();
  private volatile boolean stopping;

  CallLimits(Predicate<ServerCall<?, ?>> isScan) {
    this.isScan = isScan;
  }

  /** From now on every new call is refused. */
  void stop() {
    stopping = true;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    if (stopping) {
      throw new StoppingException("this node stops");
    }
    boolean scan = isScan.test(call);
    Admission admission = new Admission(scan);
    if (calls.get() > CALLS_MAX || (scan && scans.get() > SCANS_MAX)) {
      admission.end();
      throw new OverloadedException(
          "%s calls (%s scans) are in flight, the limit is %s (%s)"
              .formatted(calls.get(), scans.get(), CALLS_MAX, SCANS_MAX));
    }
    try {
      return new CountedListener<>(next.startCall(call, headers), admission);
    } catch (RuntimeException | Error e) {
      admission.end();
      throw e;
    }
  }

  /** One counted call; ends once. */
  private final class Admission {
    private final boolean scan;
    private final AtomicBoolean ended = new AtomicBoolean();

    private Admission(boolean scan) {
      this.scan = scan;
      calls.incrementAndGet();
      if (scan) {
        scans.incrementAndGet();
      }
    }

    private void end() {
      if (ended.compareAndSet(false, true)) {
        calls.decrementAndGet();
        if (scan) {
          scans.decrementAndGet();
        }
      }
    }
  }

  /** Every call ends by exactly one of these two events. */
  private static final class CountedListener<Q> extends SimpleForwardingServerCallListener<Q> {
    private final Admission admission;

    private CountedListener(ServerCall.Listener<Q> delegate, Admission admission) {
      super(delegate);
      this.admission = admission;
    }

    @Override
    public void onCancel() {
      admission.end();
      super.onCancel();
    }

    @Override
    public void onComplete() {
      admission.end();
      super.onComplete();
    }
  }
}
