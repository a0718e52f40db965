package io.troika.server.status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.model.Tid;
import io.troika.server.service.ServiceFixture;
import io.troika.server.status.Activity.Sample;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ActivityTest {
  private static final long START_SECOND = 1_000;

  private final AtomicLong millis = new AtomicLong(START_SECOND * 1_000);
  private final Activity activity = new Activity(millis::get);
  private final ServiceFixture node = new ServiceFixture();

  @AfterEach
  void close() {
    node.close();
  }

  private void pass(long seconds) {
    millis.addAndGet(seconds * 1_000);
  }

  private void took(long micros) {
    activity.ended(new Committed(new Tid(1)), micros * 1_000);
  }

  @Test
  void samples_secondsThatAreOver_haveWhatWasAppliedAndRefusedInThem() {
    node.events.addListener(activity);
    node.service.observe(activity);
    Tid first = node.commit(1, Tid.NONE, "a");
    node.commitElsewhere(2, Tid.NONE, "b");
    pass(1);
    node.commit(1, first, "c");
    ServiceFixture.done(node.commit(node.writing(ServiceFixture.write(1, first, "late"))));
    assertThat(activity.samples()).extracting(Sample::commits).containsExactly(2);
    pass(1);

    assertThat(activity.samples())
        .extracting(Sample::second)
        .containsExactly(START_SECOND, START_SECOND + 1);
    assertThat(activity.samples()).extracting(Sample::commits).containsExactly(2, 1);
    assertThat(activity.samples()).extracting(Sample::conflicts).containsExactly(0, 1);
  }

  @Test
  void samples_quietSeconds_areThereToo() {
    took(1_000);
    pass(3);

    assertThat(activity.samples().subList(1, 3))
        .isEqualTo(List.of(Sample.quiet(START_SECOND + 1), Sample.quiet(START_SECOND + 2)));
  }

  @Test
  void samples_ofALongTime_areBoundedAndTheNewest() {
    took(1_000);
    pass(10L * Activity.SECONDS);

    assertThat(activity.samples()).hasSize(Activity.SECONDS);
    assertThat(activity.samples().get(Activity.SECONDS - 1).second())
        .isEqualTo(START_SECOND + 10L * Activity.SECONDS - 1);
    for (int i = 0; i < 5; i++) {
      pass(1);
      assertThat(activity.samples()).hasSize(Activity.SECONDS);
    }
  }

  @Test
  void samples_clockSetBack_standStillUntilItIsThereAgain() {
    pass(1);
    assertThat(activity.samples()).hasSize(1);
    pass(-60);
    took(1_000);
    assertThat(activity.samples()).hasSize(1);
    pass(61);

    assertThat(activity.samples()).hasSize(2);
    assertThat(activity.samples().get(1).p50Micros()).isPositive();
  }

  @Test
  void latencies_quantiles_areRightWithinAFewPercent() {
    for (int i = 1; i <= 1_000; i++) {
      took(i * 10L);
    }
    pass(1);
    Sample sample = activity.samples().get(0);

    assertThat((double) sample.p50Micros()).isCloseTo(5_000, within(500.0));
    assertThat((double) sample.p99Micros()).isCloseTo(9_900, within(990.0));
  }

  @Test
  void latencies_outOfAllBounds_countAsTheNearest() {
    took(0);
    took(-5);
    pass(1);
    took(Long.MAX_VALUE / 1_000);
    pass(1);

    assertThat(activity.samples().get(0).p99Micros()).isBetween(1, 2);
    assertThat(activity.samples().get(1).p50Micros()).isGreaterThan(120_000_000);
  }
}
