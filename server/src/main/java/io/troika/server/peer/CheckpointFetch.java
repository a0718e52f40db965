package io.troika.server.peer;

import io.grpc.ManagedChannel;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import io.troika.server.core.model.LogPosition;
import io.troika.server.peer.v1.CheckpointPart;
import io.troika.server.peer.v1.FetchCheckpointRequest;
import io.troika.server.peer.v1.Hello;
import io.troika.server.peer.v1.PeerGrpc;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Fetches one checkpoint over a connection of its own, so that its bytes delay no questions. Reads
 * the next part only when the one before is on its way to the disk: the memory that it takes is a
 * flow-control window, however large the checkpoint.
 */
final class CheckpointFetch implements Runnable {
  private final Hello hello;
  private final String group;
  private final ManagedChannel channel;
  private final Path into;
  private final Duration progressTimeout;
  private final CompletableFuture<LogPosition> fetched;

  /**
   * To be run once, or abandoned.
   *
   * @param group whose state; empty for g0
   * @param channel becomes its own
   * @param fetched is completed at the end in any case; whoever completes it before stops the fetch
   */
  CheckpointFetch(
      Hello hello,
      String group,
      ManagedChannel channel,
      Path into,
      Duration progressTimeout,
      CompletableFuture<LogPosition> fetched) {
    this.hello = hello;
    this.group = group;
    this.channel = channel;
    this.into = into;
    this.progressTimeout = progressTimeout;
    this.fetched = fetched;
  }

  @Override
  public void run() {
    try {
      fetched.complete(fetch());
    } catch (InterruptedException closing) {
      Thread.currentThread().interrupt();
      abandon(closing);
    } catch (IOException | RuntimeException failure) {
      abandon(failure);
    } finally {
      channel.shutdownNow();
    }
  }

  /** Gives it up. */
  void abandon(Exception cause) {
    channel.shutdownNow();
    fetched.completeExceptionally(cause);
  }

  private LogPosition fetch() throws IOException, InterruptedException {
    try (IncomingCheckpoint incoming = new IncomingCheckpoint(into)) {
      FetchCheckpointRequest request =
          FetchCheckpointRequest.newBuilder()
              .setHello(hello)
              .setGroup(group)
              .addAllHave(incoming.have())
              .build();
      BlockingClientCall<?, CheckpointPart> call =
          PeerGrpc.newBlockingV2Stub(channel).fetchCheckpoint(request);
      while (!fetched.isDone()) {
        LogPosition position = incoming.accept(next(call));
        if (position != null) {
          return position;
        }
      }
      throw new IOException("the checkpoint is not wanted any more");
    }
  }

  private CheckpointPart next(BlockingClientCall<?, CheckpointPart> call)
      throws IOException, InterruptedException {
    try {
      CheckpointPart part = call.read(progressTimeout.toNanos(), TimeUnit.NANOSECONDS);
      if (part == null) {
        throw new IOException(
            "checkpoint from %s: it ended before it was whole".formatted(hello.getTo()));
      }
      return part;
    } catch (TimeoutException noProgress) {
      throw new IOException(
          "checkpoint from %s: nothing came for %s".formatted(hello.getTo(), progressTimeout),
          noProgress);
    } catch (StatusException failure) {
      throw new IOException(
          "checkpoint from %s: %s".formatted(hello.getTo(), failure.getStatus()), failure);
    }
  }
}
