package io.troika.server.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.troika.server.peer.v1.CheckpointPart;
import io.troika.server.peer.v1.CheckpointPart.PartCase;
import io.troika.server.peer.v1.FetchCheckpointRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class CheckpointSenderTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Duration SEND_TIMEOUT = Duration.ofMillis(100);
  private static final int CHUNK_BYTES = 1_000;
  private static final int CHUNKS = 500;

  @TempDir Path directory;
  private final PeerNode.Endpoint endpoint = new PeerNode.Endpoint();
  private Path place;

  @BeforeEach
  void makeCheckpoint() {
    place = directory.resolve("checkpoint-1");
    endpoint.files.put("big", new byte[CHUNK_BYTES * CHUNKS]);
  }

  @Test
  void run_readerTakesAFewAtATime_isNeverSentMoreThanItTakes() throws InterruptedException {
    Reader reader = new Reader(3);
    Thread sending = start(reader, SOON);
    while (sending.isAlive()) {
      reader.take();
      Thread.onSpinWait();
    }
    sending.join();
    assertThat(reader.unreadMax).isLessThanOrEqualTo(3);
    assertThat(reader.completed).isTrue();
    assertThat(reader.parts.stream().filter(part -> part == PartCase.CHUNK)).hasSize(CHUNKS);
    assertThat(place).doesNotExist();
  }

  @Test
  void run_readerTakesNothing_isGivenUpAfterTheTimeout() throws InterruptedException {
    Reader reader = new Reader(5);
    start(reader, SEND_TIMEOUT).join();
    assertThat(reader.parts).hasSize(5);
    assertThat(reader.failure).isNotNull();
    assertThat(Status.fromThrowable(reader.failure).getDescription()).contains("took nothing");
    assertThat(place).doesNotExist();
  }

  @Test
  void run_readerGoesAway_stopsAtOnce() throws InterruptedException {
    Reader reader = new Reader(5);
    Thread sending = start(reader, Duration.ofMinutes(10));
    await().atMost(SOON).until(() -> reader.parts.size() == 5);
    reader.cancel();
    sending.join();
    assertThat(place).doesNotExist();
  }

  @Test
  void run_serverStops_answersUnavailable() throws InterruptedException {
    Reader reader = new Reader(5);
    Thread sending = start(reader, Duration.ofMinutes(10));
    await().atMost(SOON).until(() -> reader.parts.size() == 5);
    sending.interrupt();
    sending.join();
    assertThat(reader.failure).isNotNull();
    assertThat(Status.fromThrowable(reader.failure).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(place).doesNotExist();
  }

  @Test
  void run_endpointFails_answersItsReason() throws InterruptedException, IOException {
    java.nio.file.Files.createDirectory(place);
    Reader reader = new Reader(5);
    start(reader, SOON).join();
    assertThat(reader.parts).isEmpty();
    assertThat(reader.failure).isNotNull();
    assertThat(Status.fromThrowable(reader.failure).getCode()).isEqualTo(Status.Code.INTERNAL);
  }

  private Thread start(Reader reader, Duration sendTimeout) {
    PeerSettings settings = new PeerSettings(SOON, SOON, SOON, 1, 1, CHUNK_BYTES, sendTimeout);
    FetchCheckpointRequest request = FetchCheckpointRequest.getDefaultInstance();
    Thread thread =
        new Thread(new CheckpointSender(group -> endpoint, place, request, reader, settings));
    thread.start();
    return thread;
  }

  /** Is ready while fewer parts than its window lie unread. */
  private static final class Reader extends ServerCallStreamObserver<CheckpointPart> {
    final List<PartCase> parts = new CopyOnWriteArrayList<>();
    volatile boolean completed;
    volatile @Nullable Throwable failure;
    volatile int unreadMax;
    private final int window;
    private int unread;
    private boolean cancelled;
    private Runnable onReady = () -> {};
    private Runnable onCancel = () -> {};

    Reader(int window) {
      this.window = window;
    }

    void take() {
      synchronized (this) {
        unread = Math.max(0, unread - 1);
      }
      onReady.run();
    }

    void cancel() {
      synchronized (this) {
        cancelled = true;
      }
      onCancel.run();
    }

    @Override
    public synchronized void onNext(CheckpointPart part) {
      parts.add(part.getPartCase());
      unread++;
      unreadMax = Math.max(unreadMax, unread);
    }

    @Override
    public void onError(Throwable thrown) {
      failure = thrown;
    }

    @Override
    public void onCompleted() {
      completed = true;
    }

    @Override
    public synchronized boolean isReady() {
      return unread < window;
    }

    @Override
    public synchronized boolean isCancelled() {
      return cancelled;
    }

    @Override
    public void setOnReadyHandler(Runnable handler) {
      onReady = handler;
    }

    @Override
    public void setOnCancelHandler(Runnable handler) {
      onCancel = handler;
    }

    @Override
    public void setOnReadyThreshold(int bytes) {}

    @Override
    public void setCompression(String compression) {}

    @Override
    public void disableAutoInboundFlowControl() {}

    @Override
    public void request(int count) {}

    @Override
    public void setMessageCompression(boolean enable) {}
  }
}
