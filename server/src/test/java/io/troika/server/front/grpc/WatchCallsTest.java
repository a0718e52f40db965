package io.troika.server.front.grpc;

import static io.troika.server.front.grpc.FrontFixture.error;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.troika.api.v1.ErrorDetail.Code;
import io.troika.api.v1.ObjectStoreGrpc;
import io.troika.api.v1.WatchEvent;
import io.troika.api.v1.WatchRequest;
import io.troika.server.access.AccessControl;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The stream of what is committed. */
final class WatchCallsTest {
  private final FrontFixture fixture = new FrontFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  private BlockingQueue<WatchEvent> watch(WatchRequest request) {
    BlockingQueue<WatchEvent> events = new LinkedBlockingQueue<>();
    ObjectStoreGrpc.newStub(fixture.channel)
        .watch(
            request,
            new StreamObserver<>() {
              @Override
              public void onNext(WatchEvent event) {
                events.add(event);
              }

              @Override
              public void onError(Throwable failure) {}

              @Override
              public void onCompleted() {
                events.add(WatchEvent.getDefaultInstance());
              }
            });
    return events;
  }

  private static WatchEvent next(BlockingQueue<WatchEvent> events) throws InterruptedException {
    WatchEvent event = events.poll(60, TimeUnit.SECONDS);
    assertThat(event).as("next event").isNotNull();
    return event;
  }

  @Test
  void watch_commitsAndLeader_areHeardInOrder() throws Exception {
    long first = fixture.commit(1, 0, "a");
    BlockingQueue<WatchEvent> events = watch(WatchRequest.newBuilder().setStorage("main").build());
    assertThat(next(events).getPosition().getTid()).isEqualTo(first);
    long second = fixture.commit(1, first, "b");
    WatchEvent committed = next(events);
    assertThat(committed.getCommitted().getTransactions(0).getTid()).isEqualTo(second);
    assertThat(committed.getCommitted().getTransactions(0).getOidsList()).containsExactly(1L);
    fixture.service.log.follow(2);
    assertThat(next(events).getLeader().getNodeId()).isEqualTo("n2");
    fixture.service.timer.advance(Duration.ofSeconds(3));
    assertThat(next(events).getHeartbeat().getLastTid()).isEqualTo(second);
  }

  @Test
  void watch_withoutOids_leavesThemOut() throws Exception {
    BlockingQueue<WatchEvent> events =
        watch(WatchRequest.newBuilder().setStorage("main").setWithoutOids(true).build());
    next(events);
    fixture.commit(1, 0, "a");
    assertThat(next(events).getCommitted().getTransactions(0).getOidsList()).isEmpty();
  }

  @Test
  void watch_frontStops_isLostAndEnds() throws Exception {
    BlockingQueue<WatchEvent> events = watch(WatchRequest.newBuilder().setStorage("main").build());
    next(events);
    fixture.front.stop();
    assertThat(next(events).hasLost()).isTrue();
    assertThat(next(events)).isEqualTo(WatchEvent.getDefaultInstance());
    assertThat(error(() -> fixture.commit(1, 0, "a")).getCode()).isEqualTo(Code.STOPPING);
  }

  /** Left open, without heartbeats, it would say for ever that nothing happens. */
  @Test
  void watch_eventCanNotBePassedOn_endsWithAnError() {
    FailingStream stream = new FailingStream();
    new WatchCalls(fixture.service.groups, AccessControl.OPEN)
        .watch(WatchRequest.newBuilder().setStorage("main").build(), stream);
    assertThat(stream.failure).isNull();

    fixture.commit(1, 0, "a");
    await().atMost(Duration.ofMinutes(1)).until(() -> stream.failure != null);
    assertThat(stream.failure).hasRootCauseMessage("the stream is closed");
    assertThat(fixture.service.service.feed().subscriptionCount()).isZero();
  }

  /** Takes one event, its position. */
  private static final class FailingStream extends ServerCallStreamObserver<WatchEvent> {
    private boolean begun;
    private volatile @Nullable Throwable failure;

    @Override
    public void onNext(WatchEvent event) {
      if (begun) {
        throw new IllegalArgumentException("the stream is closed");
      }
      begun = true;
    }

    @Override
    public void onError(Throwable thrown) {
      failure = thrown;
    }

    @Override
    public void onCompleted() {}

    @Override
    public boolean isReady() {
      return true;
    }

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public void setOnCancelHandler(Runnable handler) {}

    @Override
    public void setOnReadyHandler(Runnable handler) {}

    @Override
    public void setCompression(String compression) {}

    @Override
    public void setMessageCompression(boolean enable) {}

    @Override
    public void disableAutoInboundFlowControl() {}

    @Override
    public void request(int count) {}
  }

  @Test
  void watch_unknownStorage_isNotFound() {
    Iterator<WatchEvent> events =
        fixture.store().watch(WatchRequest.newBuilder().setStorage("other").build());
    assertThat(error(events::next).getCode()).isEqualTo(Code.UNKNOWN_STORAGE);
  }
}
