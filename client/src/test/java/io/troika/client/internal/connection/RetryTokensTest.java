package io.troika.client.internal.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.client.RetryBudget;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class RetryTokensTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final RetryTokens tokens = new RetryTokens(new RetryBudget(0.5, 3, 2), 0);

  private void take(int count) {
    for (int i = 0; i < count; i++) {
      assertThat(tokens.take(0)).isZero();
    }
  }

  @Test
  void take_burst_isFreeThenOwed() {
    take(3);
    assertThat(tokens.take(0)).as("two come in a second").isEqualTo(SECOND / 2);
    assertThat(tokens.take(0)).as("behind the one before").isEqualTo(SECOND);
  }

  @Test
  void take_timePasses_tokensComeIn() {
    take(3);
    assertThat(tokens.take(SECOND / 2)).isZero();
    assertThat(tokens.take(SECOND / 2)).isEqualTo(SECOND / 2);
  }

  @Test
  void take_longIdle_noMoreThanTheBurst() {
    assertThat(tokens.take(100 * SECOND)).isZero();
    assertThat(tokens.take(100 * SECOND)).isZero();
    assertThat(tokens.take(100 * SECOND)).isZero();
    assertThat(tokens.take(100 * SECOND)).isPositive();
  }

  @Test
  void earn_newCalls_payTheirShare() {
    take(3);
    tokens.earn();
    assertThat(tokens.take(0)).as("half a token").isEqualTo(SECOND / 4);
    for (int i = 0; i < 100; i++) {
      tokens.earn();
    }
    take(3);
    assertThat(tokens.take(0)).isPositive();
  }
}
