package io.troika.client.internal.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.client.LeaderInfo;
import io.troika.client.internal.Listeners;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class GroupLeadersTest {
  private static final CallPlan PLAN =
      CallPlan.within(Duration.ofSeconds(1), Duration.ofSeconds(1));
  private static final CallPlan AWAY = PLAN.about("away");

  private final Map<String, Integer> searches = new TreeMap<>();
  private final GroupLeaders leaders =
      new GroupLeaders(
          group ->
              new LeaderTracker(
                  new CountedSearch(group), leader -> leader, new Listeners(List.of())));

  private static LeaderInfo leader(String group, long term, String address) {
    return new LeaderInfo(term, address, address, group);
  }

  @Test
  void refused_namesTheRightGroup_isFollowedThereAndSaysNothingAgainstTheOther() {
    leaders.hinted("a:1", leader("g0", 3, "a:1"));
    leaders.refused(AWAY, "a:1", leader("g1", 7, "b:1"));

    assertThat(leaders.of(AWAY).current()).isEqualTo(leader("g1", 7, "b:1"));
    assertThat(leaders.main().current()).isEqualTo(leader("g0", 3, "a:1"));
    assertThat(leaders.of(PLAN.about("main")).current()).isEqualTo(leader("g0", 3, "a:1"));
    assertThat(searches).isEmpty();
  }

  @Test
  void refused_groupKnownAndNodeLeadsNoMore_isLookedForInThatGroupAlone() {
    leaders.hinted("a:1", leader("g0", 3, "a:1"));
    leaders.refused(AWAY, "a:1", leader("g1", 7, "b:1"));
    leaders.refused(AWAY, "b:1", leader("g1", 8, ""));

    assertThat(leaders.of(AWAY).current().isKnown()).isFalse();
    assertThat(leaders.main().current().isKnown()).isTrue();
    assertThat(searches).containsOnlyKeys("g1");
  }

  @Test
  void learn_withoutAHint_keepsWhatIsKnown() {
    leaders.refused(AWAY, "a:1", leader("g1", 7, "b:1"));
    leaders.learn("away", LeaderInfo.NONE);

    assertThat(leaders.of(AWAY).current()).isEqualTo(leader("g1", 7, "b:1"));
  }

  @Test
  void learn_storageWasMadeAnewInAnotherGroup_isFollowedThere() {
    leaders.refused(AWAY, "a:1", leader("g1", 7, "b:1"));
    leaders.refused(AWAY, "b:1", leader("g0", 3, "a:1"));

    assertThat(leaders.of(AWAY).current()).isEqualTo(leader("g0", 3, "a:1"));
    assertThat(leaders.ofGroup("g1").current()).isEqualTo(leader("g1", 7, "b:1"));
  }

  @Test
  void lost_nodeThatLeadsTwoGroups_bothAreLookedFor() {
    leaders.hinted("a:1", leader("g0", 3, "a:1"));
    leaders.hinted("a:1", leader("g1", 7, "a:1"));
    leaders.hinted("a:1", leader("g2", 2, "b:1"));
    leaders.lost("a:1");

    assertThat(searches).containsOnlyKeys("g0", "g1");
  }

  @Test
  void follow_hearsOfItsStoragesGroupOnly_andWhenThatIsLearned() {
    List<LeaderInfo> heard = new ArrayList<>();
    leaders.follow("away", heard::add);
    leaders.hinted("b:1", leader("g1", 7, "b:1"));
    assertThat(heard).isEmpty();
    leaders.learn("away", leader("g1", 7, "b:1"));
    leaders.hinted("a:1", leader("g0", 4, "a:1"));
    leaders.hinted("c:1", leader("g1", 8, "c:1"));

    assertThat(heard).containsExactly(leader("g1", 7, "b:1"), leader("g1", 8, "c:1"));
  }

  private final class CountedSearch implements LeaderTracker.Search {
    private final String group;

    CountedSearch(String group) {
      this.group = group;
    }

    @Override
    public void start(LeaderInfo past) {
      searches.merge(group, 1, Integer::sum);
    }

    @Override
    public void stop(LeaderInfo found) {}
  }
}
