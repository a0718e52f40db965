package io.troika.it.soak;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.it.soak.Fault.Kind;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EpisodeTest {
  private static final int EPISODES = 400;

  @Test
  void choose_sameSeed_sameEpisodes_anotherSeed_others() {
    assertThat(episodes(7)).isEqualTo(episodes(7)).isNotEqualTo(episodes(8));
  }

  @Test
  void choose_often_eachKindComesAbout_andFaultsOverlap() {
    List<Episode> episodes = episodes(7);
    assertThat(episodes.stream().flatMap(each -> each.faults().stream()).map(Fault::kind))
        .contains(Arrays.stream(Kind.values()).toArray(Kind[]::new));
    assertThat(episodes.stream().filter(EpisodeTest::overlap)).hasSizeGreaterThan(EPISODES / 3);
  }

  private static boolean overlap(Episode episode) {
    return episode.faults().stream()
        .anyMatch(
            one ->
                episode.faults().stream()
                    .anyMatch(
                        other ->
                            !other.equals(one)
                                && other.beginsMillis() >= one.beginsMillis()
                                && other.beginsMillis() < one.endsMillis()));
  }

  private static List<Episode> episodes(long seed) {
    return IntStream.range(0, EPISODES).mapToObj(n -> Episode.choose(seed, n)).toList();
  }
}
