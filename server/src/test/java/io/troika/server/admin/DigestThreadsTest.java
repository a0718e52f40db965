package io.troika.server.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.service.refusals.OverloadedException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class DigestThreadsTest {
  @Test
  void execute_moreThanMayWait_isRefused() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    CountDownLatch done = new CountDownLatch(2 + DigestThreads.WAITING_MAX);
    try (DigestThreads threads = new DigestThreads("n1")) {
      for (int i = 0; i < 2 + DigestThreads.WAITING_MAX; i++) {
        threads.execute(
            () -> {
              try {
                go.await();
                done.countDown();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
      }
      assertThatThrownBy(() -> threads.execute(() -> {}))
          .isInstanceOf(OverloadedException.class)
          .hasMessageContaining("node n1");

      go.countDown();
      done.await();
      assertThat(done.getCount()).isZero();
    }
  }
}
