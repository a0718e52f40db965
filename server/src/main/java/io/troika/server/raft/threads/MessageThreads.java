package io.troika.server.raft.threads;

import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import org.apache.ratis.thirdparty.io.grpc.InternalConfigurator;
import org.apache.ratis.thirdparty.io.grpc.InternalConfiguratorRegistry;
import org.apache.ratis.thirdparty.io.grpc.ManagedChannelBuilder;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallExecutorSupplier;
import org.apache.ratis.thirdparty.io.netty.util.concurrent.FastThreadLocalThread;
import org.jspecify.annotations.Nullable;

/**
 * On which threads Ratis hears its peers: entries and their acknowledgements on the event loop that
 * reads them, because what it does with either is to put it into a queue, and a thread in between
 * costs more than that. Votes, snapshots and the like, which write files or wait, stay on gRPC's
 * pool. When the log's queue is full the event loop waits with it, and with it the leader.
 *
 * <p>Never in the thread that begins a call: a connection that is down fails it there, before Ratis
 * has noted the stream that has failed, and it would wait for that stream for ever.
 */
public final class MessageThreads implements ServerCallExecutorSupplier {
  private static final Executor EVENT_LOOP = Runnable::run;

  @Override
  public <Q, R> @Nullable Executor getExecutor(ServerCall<Q, R> call, Metadata headers) {
    String method = call.getMethodDescriptor().getBareMethodName();
    return "appendEntries".equals(method) ? EVENT_LOOP : null; // null: the pool
  }

  /**
   * Ratis makes its channels itself, and has no setting for it; but its gRPC, which nobody else
   * uses, asks here. Blocking calls bring a thread of their own.
   */
  public static void ofAnswers() {
    Answers.configure();
  }

  /** Once in a process: gRPC takes it only once. */
  private static final class Answers {
    private static final Executor POOL =
        Executors.newCachedThreadPool(
            task -> {
              Thread thread = new Thread(task, "raft-answers");
              thread.setDaemon(true);
              return thread;
            });

    static {
      InternalConfiguratorRegistry.setConfigurators(
          List.of(
              new InternalConfigurator() {
                @Override
                public void configureChannelBuilder(ManagedChannelBuilder<?> builder) {
                  builder.executor(Answers::onEventLoop);
                }
              }));
    }

    private static void onEventLoop(Runnable task) {
      if (Thread.currentThread() instanceof FastThreadLocalThread) {
        task.run();
      } else {
        POOL.execute(task);
      }
    }

    private static void configure() {}
  }
}
