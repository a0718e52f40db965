package io.troika.server.storage.rocksdb;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** That no thread is in the database any more when it is closed. */
class SpaceReturnTest {
  private static final long PATIENCE_SECONDS = 120;

  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch cancelled = new CountDownLatch(1);
  private final Thread closing = Thread.currentThread();
  private volatile boolean ended;

  private final SpaceReturn spaceReturn =
      new SpaceReturn(
          new SpaceReturn.Work() {
            @Override
            public void run() throws IOException {
              begun.countDown();
              try {
                boolean early = cancelled.await(PATIENCE_SECONDS, SECONDS);
                // Not before somebody waits for it.
                await().until(() -> closing.getState() == Thread.State.TIMED_WAITING);
                ended = early;
              } catch (InterruptedException e) {
                throw new IOException("interrupted", e);
              }
            }

            @Override
            public void cancel() {
              cancelled.countDown();
            }
          });

  @Test
  void close_whileItWorks_cancelsItAndWaitsForItsEnd() throws Exception {
    spaceReturn.soon();
    assertThat(begun.await(PATIENCE_SECONDS, SECONDS)).isTrue();
    assertThat(ended).isFalse();

    spaceReturn.close();

    assertThat(ended).isTrue();
  }

  /** Also when whoever closes is interrupted, as a node that is shut down may be. */
  @Test
  void close_interrupted_waitsAllTheSame() throws Exception {
    spaceReturn.soon();
    assertThat(begun.await(PATIENCE_SECONDS, SECONDS)).isTrue();

    Thread.currentThread().interrupt();
    spaceReturn.close();

    assertThat(Thread.interrupted()).isTrue();
    assertThat(ended).isTrue();
  }

  @Test
  void soon_afterItIsClosed_doesNothing() {
    spaceReturn.close();
    spaceReturn.soon();

    assertThat(begun.getCount()).isEqualTo(1);
  }
}
