package io.troika.server.front.grpc;

import static io.troika.server.front.grpc.FrontFixture.error;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.stub.StreamObserver;
import io.troika.api.v1.ErrorDetail.Code;
import io.troika.api.v1.ObjectStoreGrpc;
import io.troika.api.v1.WatchEvent;
import io.troika.api.v1.WatchRequest;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
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

  @Test
  void watch_unknownStorage_isNotFound() {
    Iterator<WatchEvent> events =
        fixture.store().watch(WatchRequest.newBuilder().setStorage("other").build());
    assertThat(error(events::next).getCode()).isEqualTo(Code.UNKNOWN_STORAGE);
  }
}
