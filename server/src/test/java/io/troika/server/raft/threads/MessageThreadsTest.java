package io.troika.server.raft.threads;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.apache.ratis.proto.grpc.RaftServerProtocolServiceGrpc;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.MethodDescriptor;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class MessageThreadsTest {
  private static @Nullable Executor executorOf(MethodDescriptor<?, ?> method) {
    return new MessageThreads().getExecutor(new Call<>(method), new Metadata());
  }

  @Test
  void entries_areTakenInByTheThreadThatReadsThem() {
    Executor executor = executorOf(RaftServerProtocolServiceGrpc.getAppendEntriesMethod());
    List<Thread> ran = new ArrayList<>();

    requireNonNull(executor).execute(() -> ran.add(Thread.currentThread()));

    assertThat(ran).containsExactly(Thread.currentThread());
  }

  @Test
  void whatWritesFilesOrWaits_isLeftToThePool() {
    assertThat(executorOf(RaftServerProtocolServiceGrpc.getRequestVoteMethod())).isNull();
    assertThat(executorOf(RaftServerProtocolServiceGrpc.getInstallSnapshotMethod())).isNull();
    assertThat(executorOf(RaftServerProtocolServiceGrpc.getStartLeaderElectionMethod())).isNull();
  }

  private static final class Call<Q, R> extends ServerCall<Q, R> {
    private final MethodDescriptor<Q, R> method;

    Call(MethodDescriptor<Q, R> method) {
      this.method = method;
    }

    @Override
    public MethodDescriptor<Q, R> getMethodDescriptor() {
      return method;
    }

    @Override
    public void request(int numMessages) {}

    @Override
    public void sendHeaders(Metadata headers) {}

    @Override
    public void sendMessage(R message) {}

    @Override
    public void close(Status status, Metadata trailers) {}

    @Override
    public boolean isCancelled() {
      return false;
    }
  }
}
