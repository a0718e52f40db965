package io.troika.server.cli.logging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.apache.ratis.thirdparty.io.grpc.ConnectivityState;
import org.apache.ratis.thirdparty.io.grpc.ManagedChannel;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyChannelBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class UnresolvedNamesTest {
  private static final String CHANNEL = "io.grpc.internal.ManagedChannelImpl";

  private final AtomicLong now = new AtomicLong();
  private final UnresolvedNames filter = new UnresolvedNames(now::get);

  /** As gRPC says it. */
  private static LogRecord failed(String logger, int channel, String target, String reason) {
    LogRecord said = new LogRecord(Level.WARNING, "[{0}] Failed to resolve name. status={1}");
    said.setLoggerName(logger);
    said.setParameters(new Object[] {"Channel<%s>: (%s)".formatted(channel, target), reason});
    return said;
  }

  @Test
  void name_thatCannotBeResolved_isToldOnceAChange() {
    assertThat(filter.isLoggable(failed(CHANNEL, 1, "n4:7410", "unknown, cause=x"))).isTrue();
    assertThat(filter.isLoggable(failed(CHANNEL, 2, "n4:7410", "unknown, cause=y\nz"))).isFalse();
    assertThat(filter.isLoggable(failed(CHANNEL, 1, "n5:7410", "unknown"))).isTrue();
    assertThat(filter.isLoggable(failed("thirdparty." + CHANNEL, 9, "n4:7410", "unknown")))
        .isFalse();

    assertThat(filter.isLoggable(failed(CHANNEL, 2, "n4:7410", "no answer"))).isTrue();
    now.addAndGet(UnresolvedNames.CHANGED_AFTER.toNanos());
    assertThat(filter.isLoggable(failed(CHANNEL, 2, "n4:7410", "no answer"))).isFalse();
    now.addAndGet(UnresolvedNames.CHANGED_AFTER.toNanos() + 1);
    assertThat(filter.isLoggable(failed(CHANNEL, 2, "n4:7410", "no answer"))).isTrue();
  }

  @Test
  void anythingElse_isToldEachTime() {
    LogRecord other = new LogRecord(Level.WARNING, "the pool is full");
    other.setLoggerName(CHANNEL);
    for (LogRecord said : List.of(other, failed("io.troika", 1, "n4:7410", "unknown"))) {
      assertThat(filter.isLoggable(said)).isTrue();
      assertThat(filter.isLoggable(said)).isTrue();
    }
  }

  /** The words are gRPC's: with others of a later version this would be in vain. */
  @Test
  @Timeout(600)
  void channelOfRatis_thatTriesAgain_isHeardOnce() {
    List<LogRecord> all = new CopyOnWriteArrayList<>();
    List<LogRecord> told = new CopyOnWriteArrayList<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord said) {
            all.add(said);
            if (filter.isLoggable(said)) {
              told.add(said);
            }
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger logger = Logger.getLogger("org.apache.ratis.thirdparty." + CHANNEL);
    logger.addHandler(handler);
    logger.setUseParentHandlers(false);
    // Too long for a name, so that no name server is asked, however slow it is.
    ManagedChannel channel = NettyChannelBuilder.forTarget("n".repeat(64) + ".invalid:1").build();
    try {
      for (int i = 1; i <= 3; i++) {
        int tries = i;
        assertThat(channel.getState(true)).isNotEqualTo(ConnectivityState.READY);
        await().atMost(Duration.ofMinutes(1)).until(() -> all.size() >= tries);
        channel.enterIdle();
      }
      assertThat(told).hasSize(1);
    } finally {
      channel.shutdownNow();
      logger.removeHandler(handler);
      logger.setUseParentHandlers(true);
    }
  }
}
