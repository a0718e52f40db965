package io.troika.server.raft.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class AppenderSignalTest {
  private static final long LONG_SECONDS = 60;

  private final AtomicBoolean worth = new AtomicBoolean(true);
  private final AppenderSignal signal = new AppenderSignal("n2", worth::get);

  /**
   * Ratis's own signal is lost then: it would wait for the next heartbeat with an entry to send.
   */
  @Test
  void signal_whileNobodyWaits_endsTheNextWait_once() throws Exception {
    signal.signal();

    assertThat(signal.await(LONG_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(signal.await(1, TimeUnit.NANOSECONDS)).isFalse();
  }

  @Test
  void signal_withNothingToDo_wakesNobody() throws Exception {
    worth.set(false);

    signal.signal();

    assertThat(signal.await(1, TimeUnit.NANOSECONDS)).isFalse();
  }

  @Test
  void signal_wakesWhoWaits() {
    CompletableFuture<Boolean> woken =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return signal.await(LONG_SECONDS, TimeUnit.SECONDS);
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });

    signal.signal();

    assertThat(woken.orTimeout(LONG_SECONDS / 2, TimeUnit.SECONDS).join()).isTrue();
  }
}
