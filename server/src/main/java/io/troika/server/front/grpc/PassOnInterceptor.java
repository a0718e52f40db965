package io.troika.server.front.grpc;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.troika.api.v1.ObjectStoreGrpc;
import io.troika.server.service.StoreGroups;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.refusals.OutcomeUnknownException;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/**
 * Passes a call on to the leader, for a client that reaches this node and not that one: it asks for
 * it by the header {@value #HEADER}, whose value is the name of the Raft group that is meant. What
 * the leader answers is answered as it is. Stands behind the question who may do what, which is
 * answered here: the leader sees a call of this node.
 *
 * <p>A call is passed on once: the header stays here, so a node that leads no more refuses it.
 */
final class PassOnInterceptor implements ServerInterceptor {
  static final String HEADER = "troika-pass-on";
  static final Metadata.Key<String> KEY = Metadata.Key.of(HEADER, Metadata.ASCII_STRING_MARSHALLER);

  /** A vote is tied to its client's connection; news come from any node. */
  private static final Set<MethodDescriptor<?, ?>> HERE =
      Set.of(ObjectStoreGrpc.getVoteMethod(), ObjectStoreGrpc.getWatchMethod());

  private final StoreGroups groups;
  private final Function<String, Channel> leaders;
  private final int answerBytesMax;

  /**
   * @param leaders a connection to the node with that client address, {@code host:port}
   * @param answerBytesMax of one message
   */
  PassOnInterceptor(StoreGroups groups, Function<String, Channel> leaders, int answerBytesMax) {
    this.groups = groups;
    this.leaders = leaders;
    this.answerBytesMax = answerBytesMax;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    String group = headers.get(KEY);
    if (group == null || HERE.contains(call.getMethodDescriptor())) {
      return next.startCall(call, headers);
    }
    Leadership leadership = groups.group(group).leadership();
    if (leadership.elected() || leadership.leaderClientAddress().isEmpty()) {
      return next.startCall(call, headers); // which answers, or says that nobody leads
    }
    call.request(1);
    return new Inward<>(call, leadership);
  }

  /**
   * What the client sends, to the leader. Nothing goes there before the first message is let in.
   */
  private final class Inward<Q, R> extends ServerCall.Listener<Q> {
    private final Leadership leadership;
    private final ClientCall<Q, R> toLeader;
    private final Outward<Q, R> answers;
    private boolean started;

    Inward(ServerCall<Q, R> call, Leadership leadership) {
      this.leadership = leadership;
      CallOptions options =
          CallOptions.DEFAULT
              .withDeadlineAfter(Calls.patience().toNanos(), TimeUnit.NANOSECONDS)
              .withMaxInboundMessageSize(answerBytesMax);
      this.toLeader =
          leaders
              .apply(leadership.leaderClientAddress())
              .newCall(call.getMethodDescriptor(), options);
      this.answers = new Outward<>(call, toLeader, leadership);
    }

    private void start() {
      if (!started) {
        started = true;
        // Its deadline is the options'; nobody is asked again for a commit that is given up here.
        Context.ROOT.run(() -> toLeader.start(answers, new Metadata()));
        toLeader.request(1);
      }
    }

    @Override
    public void onMessage(Q message) {
      start();
      toLeader.sendMessage(message);
      answers.wantRequest();
    }

    @Override
    public void onHalfClose() {
      start();
      toLeader.halfClose();
    }

    @Override
    public void onReady() {
      answers.sendMore();
    }

    @Override
    public void onCancel() {
      end();
    }

    @Override
    public void onComplete() {
      end(); // does nothing where the leader has answered
    }

    private void end() {
      if (started) {
        toLeader.cancel("the call that this node has passed on is over", null);
      }
    }

    @Override
    public String toString() {
      return "passed on to " + leadership.leader();
    }
  }

  /** What the leader answers, to the client. */
  private static final class Outward<Q, R> extends ClientCall.Listener<R> {
    private final ServerCall<Q, R> call;
    private final ClientCall<Q, R> toLeader;
    private final Leadership leadership;
    private final AtomicBoolean requestWanted = new AtomicBoolean();
    private final AtomicBoolean answerWanted = new AtomicBoolean();

    Outward(ServerCall<Q, R> call, ClientCall<Q, R> toLeader, Leadership leadership) {
      this.call = call;
      this.toLeader = toLeader;
      this.leadership = leadership;
    }

    /** The client's next message is taken once the leader's connection takes more. */
    void wantRequest() {
      requestWanted.set(true);
      takeMore();
    }

    private void takeMore() {
      if (toLeader.isReady() && requestWanted.compareAndSet(true, false)) {
        call.request(1);
      }
    }

    /** The leader's next message is taken once the client's connection takes more. */
    void sendMore() {
      if (call.isReady() && answerWanted.compareAndSet(true, false)) {
        toLeader.request(1);
      }
    }

    @Override
    public void onReady() {
      takeMore();
    }

    @Override
    public void onHeaders(Metadata headers) {
      call.sendHeaders(new Metadata());
    }

    @Override
    public void onMessage(R message) {
      call.sendMessage(message);
      answerWanted.set(true);
      sendMore();
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      if (status.isOk() || ErrorMapping.isMapped(trailers)) {
        call.close(status, trailers);
        return;
      }
      StatusRuntimeException cause = status.asRuntimeException(trailers);
      call.close(
          Status.UNKNOWN.withCause(
              new OutcomeUnknownException(
                  "passed on to %s at %s, which did not answer: %s"
                      .formatted(leadership.leader(), leadership.leaderClientAddress(), status),
                  cause)),
          new Metadata());
    }
  }
}
