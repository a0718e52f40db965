package io.troika.server.raft.clock;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class MiddleClockTest {
  /** By the definition: sorted, the one in the middle, of two the lower. */
  @Property
  void of_anyClocks_isTheLowerMedian(
      @ForAll @Size(max = 6) List<@IntRange(min = -5, max = 5) Integer> others,
      @ForAll @IntRange(min = -6, max = 6) int own) {
    List<Long> all = new ArrayList<>(others.stream().map(Integer::longValue).toList());
    MiddleClock middle = MiddleClock.beside(all);
    all.add((long) own);
    Collections.sort(all);

    assertThat(middle.of(own)).isEqualTo(all.get((all.size() - 1) / 2));
  }

  @Test
  void of_noOther_isTheOwn() {
    assertThat(MiddleClock.OWN.of(17)).isEqualTo(17);
    assertThat(MiddleClock.beside(List.of())).isEqualTo(MiddleClock.OWN);
  }
}
