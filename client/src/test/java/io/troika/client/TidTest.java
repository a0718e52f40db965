package io.troika.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TidTest {

  /** Among them days that no calendar has, which imported transactions may name. */
  @ParameterizedTest
  @CsvSource({
    "0x0,               1900-01-01T00:00:00Z",
    "0x23c2b0000000000, 1970-01-01T00:00:00Z",
    "0x3eebb1600000000, 2023-03-03T10:30:00Z", // 31 February
    "0x3eebe4000000000, 2023-03-01T00:00:00Z", // greater, and yet earlier
  })
  void toInstant_asTimeStampDoes(String tid, Instant time) {
    assertThat(Tid.parse(tid).toInstant()).isEqualTo(time);
  }

  @Test
  void toInstant_anyTid_isATime() {
    Random random = new Random(1);
    for (int i = 0; i < 100_000; i++) {
      Tid tid = new Tid(random.nextLong() >>> 1);
      assertThat(tid.toInstant())
          .as("time of %s", tid)
          .isBetween(Tid.NONE.toInstant(), Tid.MAX.toInstant());
    }
    assertThat(Tid.MAX.toInstant()).isBetween("5908-11-23T02:07:59Z", "5908-11-23T02:08:00Z");
  }
}
