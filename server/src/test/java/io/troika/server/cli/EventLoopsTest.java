package io.troika.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EventLoopsTest {
  private static final String CLIENTS = "io.grpc.netty.shaded.io.netty.eventLoopThreads";
  private static final String RAFT = "org.apache.ratis.thirdparty.io.netty.eventLoopThreads";

  @BeforeEach
  @AfterEach
  void clear() {
    System.clearProperty(CLIENTS);
    System.clearProperty(RAFT);
  }

  @Test
  void settle_neverMoreThanProcessors_orTwo_andNeverNone() {
    EventLoops.settle();

    int processors = Runtime.getRuntime().availableProcessors();
    assertThat(Integer.getInteger(CLIENTS)).isBetween(2, Math.max(2, processors));
    assertThat(Integer.getInteger(RAFT)).isBetween(1, processors);
  }

  @Test
  void settle_whatIsSetStays() {
    System.setProperty(CLIENTS, "7");

    EventLoops.settle();

    assertThat(Integer.getInteger(CLIENTS)).isEqualTo(7);
  }
}
