package io.troika.server.raft.guards;

import io.troika.server.raft.threads.TaskTimer;
import java.time.Duration;
import java.util.ArrayDeque;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto.AppendResult;
import org.apache.ratis.proto.RaftProtos.RaftGroupIdProto;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.apache.ratis.thirdparty.io.grpc.Status;

/**
 * Holds back an acknowledgement of entries that are not durable here yet.
 *
 * <p>With pipelined appends a leader whose stream broke may send entries again while the first copy
 * still waits for its flush; Ratis then finds nothing to append and answers success at once. The
 * leader would count a copy that a crash can still lose. Here such a reply waits until the log's
 * flush index has reached it; in the normal case this is one comparison. Replies of one stream keep
 * their order.
 */
public final class FlushGuard implements ServerInterceptor {
  static final Duration POLL = Duration.ofMillis(1);

  /** More replies than this can't be outstanding; a stream that gets there is ended. */
  private static final int HELD_MAX = 1_024;

  /** Up to where a group's log is durable on this node. */
  public interface FlushIndex {
    /** Throws when this node has no such group (any more). */
    long of(RaftGroupIdProto group);
  }

  private final FlushIndex flushIndex;
  private final TaskTimer timer;

  public FlushGuard(FlushIndex flushIndex, TaskTimer timer) {
    this.flushIndex = flushIndex;
    this.timer = timer;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    boolean appends = "appendEntries".equals(call.getMethodDescriptor().getBareMethodName());
    return next.startCall(appends ? new HeldReplies<>(call) : call, headers);
  }

  private boolean isDurable(Object message) {
    if (!(message instanceof AppendEntriesReplyProto reply)
        || reply.getResult() != AppendResult.SUCCESS
        || reply.getIsHearbeat()) {
      return true;
    }
    return reply.getMatchIndex() <= flushIndex.of(reply.getServerReply().getRaftGroupId());
  }

  /** One stream's replies; {@code this} guards all, as gRPC wants sends one at a time anyway. */
  private final class HeldReplies<Q, R> extends SimpleForwardingServerCall<Q, R> {
    private final ArrayDeque<R> held = new ArrayDeque<>();
    private boolean closed;

    HeldReplies(ServerCall<Q, R> call) {
      super(call);
    }

    @Override
    public synchronized void sendMessage(R message) {
      if (closed) {
        return;
      }
      if (held.isEmpty() && isDurable(message)) {
        super.sendMessage(message);
        return;
      }
      held.add(message);
      if (held.size() > HELD_MAX) {
        close(
            Status.RESOURCE_EXHAUSTED.withDescription("replies wait for a flush"), new Metadata());
      } else if (held.size() == 1) {
        releaseLater();
      }
    }

    private void releaseLater() {
      var unused = timer.schedule(this::release, POLL);
    }

    private synchronized void release() {
      try {
        while (!closed && !held.isEmpty() && isDurable(held.element())) {
          super.sendMessage(held.remove());
        }
      } catch (RuntimeException e) {
        close(
            Status.UNAVAILABLE.withDescription("the group has stopped").withCause(e),
            new Metadata());
      }
      if (!closed && !held.isEmpty()) {
        releaseLater();
      }
    }

    /** What is still held is dropped with the stream: the leader sends those entries again. */
    @Override
    public synchronized void close(Status status, Metadata trailers) {
      if (!closed) {
        closed = true;
        held.clear();
        super.close(status, trailers);
      }
    }
  }
}
