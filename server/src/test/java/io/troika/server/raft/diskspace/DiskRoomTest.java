package io.troika.server.raft.diskspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.troika.server.raft.threads.RaftThreads;
import io.troika.server.service.refusals.DiskFullException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class DiskRoomTest {
  private final DiskRoom room = new DiskRoom("n1", Path.of("/"), 1_000);

  @Test
  void room_unknown_isOpen() {
    assertThat(room.isFull()).isFalse();
    assertThat(room.isExhausted()).isFalse();
    assertThatCode(room::requireOpen).doesNotThrowAnyException();
  }

  @Test
  void room_belowTheReserve_refusesAndSaysHowMuchIsFree() {
    room.see(1_000);
    assertThat(room.isFull()).isFalse();
    room.see(999);

    assertThat(room.isFull()).isTrue();
    assertThat(room.isExhausted()).isFalse();
    assertThatThrownBy(room::requireOpen)
        .isInstanceOf(DiskFullException.class)
        .hasMessageContaining("the disk of node n1 has 999 bytes free, and 1000 are kept free");
  }

  @Test
  void room_belowHalfOfTheReserve_isExhausted() {
    room.see(500);
    assertThat(room.isExhausted()).isFalse();
    room.see(499);
    assertThat(room.isExhausted()).isTrue();
  }

  @Test
  void room_again_onlyWithAQuarterMoreThanTheReserve() {
    room.see(999);
    room.see(1_249);
    assertThat(room.isFull()).isTrue();
    room.see(1_250);
    assertThat(room.isFull()).isFalse();
    assertThatCode(room::requireOpen).doesNotThrowAnyException();
  }

  @Test
  void room_reserveOfNothing_isNeverFull() {
    DiskRoom free = new DiskRoom("n1", Path.of("/"), 0);
    free.see(0);
    assertThat(free.isFull()).isFalse();
    assertThat(free.isExhausted()).isFalse();
  }

  @Test
  void start_whatFollowsALookFails_looksAgain() {
    AtomicInteger looks = new AtomicInteger();
    DiskRoom looking = new DiskRoom("n1", Path.of("."), 0);
    try (RaftThreads threads = new RaftThreads("n1")) {
      looking.start(
          threads,
          () -> {
            if (looks.incrementAndGet() <= 2) {
              throw new IllegalStateException("test");
            }
          });
      await().until(() -> looks.get() >= 3);
      looking.stop();
    }
    assertThat(looking.usableBytes()).isLessThan(Long.MAX_VALUE);
  }
}
