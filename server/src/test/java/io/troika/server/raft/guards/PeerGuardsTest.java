package io.troika.server.raft.guards;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.raft.threads.TaskTimer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto.AppendResult;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto.NotificationProto;
import org.apache.ratis.proto.RaftProtos.RaftGroupIdProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.TermIndexProto;
import org.apache.ratis.proto.grpc.RaftServerProtocolServiceGrpc;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.MethodDescriptor;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.junit.jupiter.api.Test;

/** Pitfalls P1 and P16: what the guards do to single messages. */
class PeerGuardsTest {
  private static final RaftGroupIdProto GROUP = groupOf("g0");
  private static final RaftGroupIdProto OTHER = groupOf("g1");

  private static RaftGroupIdProto groupOf(String name) {
    return RaftGroupIdProto.newBuilder().setId(ByteString.copyFromUtf8(name)).build();
  }

  private final AtomicLong flushed = new AtomicLong(10);
  private final ArrayDeque<Runnable> timed = new ArrayDeque<>();
  private final TaskTimer timer =
      new TaskTimer() {
        @Override
        public long nanoTime() {
          return 0;
        }

        @Override
        public Runnable schedule(Runnable task, Duration delay) {
          timed.add(task);
          return () -> timed.remove(task);
        }
      };

  /** A stream on which the server answers. */
  private static final class Recorded
      extends ServerCall<AppendEntriesRequestProto, AppendEntriesReplyProto> {
    final List<Long> sent = new ArrayList<>();
    final List<Status> ends = new ArrayList<>();

    @Override
    public void request(int count) {}

    @Override
    public void sendHeaders(Metadata headers) {}

    @Override
    public void sendMessage(AppendEntriesReplyProto message) {
      sent.add(message.getMatchIndex());
    }

    @Override
    public void close(Status status, Metadata trailers) {
      ends.add(status);
    }

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public MethodDescriptor<AppendEntriesRequestProto, AppendEntriesReplyProto>
        getMethodDescriptor() {
      return RaftServerProtocolServiceGrpc.getAppendEntriesMethod();
    }
  }

  private ServerCall<AppendEntriesRequestProto, AppendEntriesReplyProto> guarded(Recorded stream) {
    List<ServerCall<AppendEntriesRequestProto, AppendEntriesReplyProto>> inner = new ArrayList<>();
    var unused =
        new FlushGuard(group -> flushed.get(), timer)
            .interceptCall(
                stream,
                new Metadata(),
                (call, headers) -> {
                  inner.add(call);
                  return new ServerCall.Listener<>() {};
                });
    return inner.get(0);
  }

  private static AppendEntriesReplyProto success(long matchIndex) {
    return AppendEntriesReplyProto.newBuilder()
        .setResult(AppendResult.SUCCESS)
        .setMatchIndex(matchIndex)
        .build();
  }

  private void runTimed() {
    for (int due = timed.size(); due > 0; due--) {
      timed.remove().run();
    }
  }

  @Test
  void flushGuard_durableEntries_areAcknowledgedAtOnce() {
    Recorded stream = new Recorded();

    guarded(stream).sendMessage(success(10));

    assertThat(stream.sent).containsExactly(10L);
    assertThat(timed).isEmpty();
  }

  @Test
  void flushGuard_entriesNotFlushed_areAcknowledgedAfterTheFlushAndInOrder() {
    Recorded stream = new Recorded();
    ServerCall<AppendEntriesRequestProto, AppendEntriesReplyProto> call = guarded(stream);

    call.sendMessage(success(12));
    call.sendMessage(success(9));
    runTimed();
    assertThat(stream.sent).isEmpty();
    flushed.set(12);
    runTimed();

    assertThat(stream.sent).containsExactly(12L, 9L);
    assertThat(timed).isEmpty();
  }

  @Test
  void flushGuard_otherReplies_passWhateverIsFlushed() {
    Recorded stream = new Recorded();

    guarded(stream)
        .sendMessage(success(99).toBuilder().setResult(AppendResult.INCONSISTENCY).build());

    assertThat(stream.sent).containsExactly(99L);
  }

  @Test
  void flushGuard_streamEndsWhileRepliesAreHeld_dropsThem() {
    Recorded stream = new Recorded();
    ServerCall<AppendEntriesRequestProto, AppendEntriesReplyProto> call = guarded(stream);
    call.sendMessage(success(12));

    call.close(Status.CANCELLED, new Metadata());
    flushed.set(12);
    runTimed();

    assertThat(stream.sent).isEmpty();
    assertThat(stream.ends).hasSize(1);
  }

  @Test
  void installGuard_sameEndlessRequest_asksForMoreTheSecondTime() {
    InstallGuard guard = new InstallGuard(group -> 41);

    assertThat(guard.adjust(notification(42))).isEqualTo(notification(42));
    assertThat(guard.adjust(notification(42))).isEqualTo(notification(43));
    assertThat(guard.adjust(notification(42))).isEqualTo(notification(43));
  }

  @Test
  void installGuard_requestForWhatIsMissing_passes() {
    InstallGuard guard = new InstallGuard(group -> 41);

    assertThat(guard.adjust(notification(50))).isEqualTo(notification(50));
    assertThat(guard.adjust(notification(50))).isEqualTo(notification(50));
  }

  /** Two groups of one node, both at the end of the log that their leaders have left. */
  @Test
  void installGuard_groupsTakeTurns_eachAsksForMoreTheSecondTime() {
    InstallGuard guard = new InstallGuard(group -> group.equals(GROUP) ? 41 : 99);

    assertThat(guard.adjust(notification(GROUP, 42))).isEqualTo(notification(GROUP, 42));
    assertThat(guard.adjust(notification(OTHER, 100))).isEqualTo(notification(OTHER, 100));
    assertThat(guard.adjust(notification(GROUP, 42))).isEqualTo(notification(GROUP, 43));
    assertThat(guard.adjust(notification(OTHER, 100))).isEqualTo(notification(OTHER, 101));
  }

  private static InstallSnapshotRequestProto notification(long firstAvailable) {
    return notification(GROUP, firstAvailable);
  }

  private static InstallSnapshotRequestProto notification(
      RaftGroupIdProto group, long firstAvailable) {
    return InstallSnapshotRequestProto.newBuilder()
        .setServerRequest(RaftRpcRequestProto.newBuilder().setRaftGroupId(group))
        .setNotification(
            NotificationProto.newBuilder()
                .setFirstAvailableTermIndex(
                    TermIndexProto.newBuilder().setTerm(3).setIndex(firstAvailable)))
        .build();
  }
}
