package io.troika.client.internal.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.client.CachePolicy;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.IntUnaryOperator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Promise 6: no cache serves as current what it can't prove current. */
final class CacheSimulationTest {
  private static final long NO_EVICTION = 1 << 20;
  private static final long SMALL = 4_000;
  private static final long CHECKED_READS = 1_000_000;

  private static CacheSimulation simulation(
      long seed, CachePolicy policy, long bytes, Set<CacheSimulation.Defect> defects) {
    SplittableRandom random = new SplittableRandom(seed);
    return new CacheSimulation(random::nextInt, policy, bytes, defects);
  }

  @Test
  void reads_aMillionInManyWorlds_noneStale() {
    long checked = 0;
    long misses = 0;
    for (long seed = 1; checked < CHECKED_READS; seed++) {
      CachePolicy policy = seed % 4 == 0 ? CachePolicy.PURGE : CachePolicy.VERIFY;
      CacheSimulation simulation =
          simulation(seed, policy, seed % 3 == 0 ? SMALL : NO_EVICTION, Set.of());
      simulation.run(20_000);
      assertThat(simulation.firstStale).as("seed %s", seed).isEmpty();
      checked += simulation.checkedReads;
      misses += simulation.misses;
    }
    // A cache that never answers is never stale; this one answers, even in such a world.
    assertThat(misses).isLessThan(5 * checked);
  }

  @ParameterizedTest
  @EnumSource(CacheSimulation.Defect.class)
  void reads_withADefect_staleIsFound(CacheSimulation.Defect defect) {
    long stale = 0;
    for (long seed = 1; seed <= 20; seed++) {
      CacheSimulation simulation =
          simulation(seed, CachePolicy.VERIFY, NO_EVICTION, EnumSet.of(defect));
      simulation.run(20_000);
      stale += simulation.staleReads;
    }
    assertThat(stale).isPositive();
  }

  @Property(tries = 300)
  void reads_anyScript_equalTheLog(
      @ForAll @Size(min = 100, max = 3_000) List<@IntRange(min = 0, max = 999) Integer> script,
      @ForAll CachePolicy policy) {
    CacheSimulation simulation =
        new CacheSimulation(new Script(script), policy, NO_EVICTION, Set.of());

    simulation.run(script.size());

    assertThat(simulation.firstStale).isEmpty();
  }

  /** Choices that jqwik can make smaller. */
  private static final class Script implements IntUnaryOperator {
    private final List<Integer> script;
    private int next;

    Script(List<Integer> script) {
      this.script = script;
    }

    @Override
    public int applyAsInt(int bound) {
      int choice = script.get(next % script.size());
      next++;
      return choice % bound;
    }
  }
}
