package io.troika.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A node's name may go with it, as that of a pod does. */
@Timeout(180)
final class UnknownHostTest {
  private static final Logger CHANNELS = Logger.getLogger("io.grpc.internal.ManagedChannelImpl");
  private static final Duration TIME = Duration.ofSeconds(6);

  /** Longer than a part of a name may be, so that no name server is asked, however slow it is. */
  private static final String NAME = "n".repeat(64) + ".invalid:7400";

  private final List<String> warnings = new CopyOnWriteArrayList<>();
  private final Handler listener =
      new Handler() {
        @Override
        public void publish(LogRecord warning) {
          warnings.add(warning.getMessage());
        }

        @Override
        public void flush() {
          // Nothing is kept back.
        }

        @Override
        public void close() {
          // Nothing is held.
        }
      };

  @BeforeEach
  void listen() {
    CHANNELS.addHandler(listener);
  }

  @AfterEach
  void stop() {
    CHANNELS.removeHandler(listener);
  }

  @Test
  void call_nameThatNobodyKnows_isSaidSoAndTriedSeldom() {
    try (TroikaClient client = TroikaClient.builder().endpoints(NAME).callTimeout(TIME).build()) {
      assertThatThrownBy(() -> client.store("main").run(tx -> tx.create("x", Codec.UTF8)))
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining(NAME + ": unknown host");
    }

    // gRPC writes a stack trace with each: once for the search each 2 s, and once a second for the
    // members.
    assertThat(warnings).isNotEmpty().hasSizeLessThan(3 * (int) TIME.toSeconds());
  }
}
