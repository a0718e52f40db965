package io.troika.client.internal.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.client.LeaderInfo;
import io.troika.client.internal.Listeners;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LeaderTrackerTest {
  private static final LeaderInfo A3 = new LeaderInfo(3, "a", "a:1");
  private static final LeaderInfo B4 = new LeaderInfo(4, "b", "b:1");

  private final List<String> search = new ArrayList<>();
  private final LeaderTracker tracker =
      new LeaderTracker(
          new LeaderTracker.Search() {
            @Override
            public void start(LeaderInfo past) {
              search.add("start " + past.address());
            }

            @Override
            public void stop(LeaderInfo found) {
              search.add("stop " + found.address());
            }
          },
          leader -> leader,
          new Listeners(List.of()));

  private void loseA() {
    tracker.hinted("a:1", A3);
    tracker.lost("a:1");
    search.clear();
  }

  @Test
  void hinted_byOthersAtTheLostLeader_countsForNothing() {
    loseA();
    tracker.hinted("b:1", A3);

    assertThat(tracker.way()).isEqualTo(Way.NONE);
  }

  @Test
  void upheld_lostLeader_isReachedThroughTheNodeThatSaysSo_andWhoWaitsGoesOn() {
    loseA();
    List<Way> seen = new ArrayList<>();
    tracker.whenKnown(() -> seen.add(tracker.way()));
    tracker.upheld("b:1", A3);

    assertThat(seen).containsExactly(new Way(A3, "b:1"));
    assertThat(tracker.current()).isEqualTo(A3);
    assertThat(search).as("the search goes on").doesNotContain("stop a:1");
  }

  @Test
  void upheld_nobodyIsMissed_saysNothing() {
    tracker.hinted("a:1", A3);
    tracker.upheld("b:1", A3);

    assertThat(tracker.way()).isEqualTo(Way.to(A3));
  }

  @Test
  void upheld_suspectedLeader_isReachedThroughTheOther_untilItAnswersItself() {
    tracker.hinted("a:1", A3);
    tracker.suspect("a:1", 1_000_000_000);
    tracker.upheld("b:1", A3);
    assertThat(tracker.way()).isEqualTo(new Way(A3, "b:1"));

    tracker.hinted("c:1", A3);
    assertThat(tracker.way()).isEqualTo(new Way(A3, "b:1"));

    tracker.hinted("a:1", A3);
    assertThat(tracker.way()).isEqualTo(Way.to(A3));
    assertThat(search).endsWith("stop a:1");
  }

  @Test
  void upheld_anOlderLeaderOrByItself_saysNothing() {
    loseA();
    tracker.upheld("b:1", new LeaderInfo(2, "c", "c:1"));
    tracker.upheld("b:1", new LeaderInfo(2, "a", "a:1"));
    tracker.upheld("a:1", A3);

    assertThat(tracker.way()).isEqualTo(Way.NONE);
  }

  @Test
  void hinted_aNewLeader_endsThePassingOn() {
    loseA();
    tracker.upheld("b:1", A3);
    tracker.hinted("c:1", B4);

    assertThat(tracker.way()).isEqualTo(Way.to(B4));
    assertThat(search).containsExactly("stop b:1");
  }

  @Test
  void notPassedOn_theNextOneIsTaken_andTheSameOneOnlyIfThereIsNoOther() {
    loseA();
    tracker.upheld("b:1", A3);
    tracker.notPassedOn("b:1");
    assertThat(tracker.way()).isEqualTo(Way.NONE);
    assertThat(search).containsExactly("start a:1");

    tracker.upheld("b:1", A3);
    assertThat(tracker.way()).isEqualTo(Way.NONE);
    tracker.upheld("c:1", A3);
    assertThat(tracker.way()).isEqualTo(new Way(A3, "c:1"));

    tracker.notPassedOn("c:1");
    tracker.upheld("c:1", A3);
    tracker.upheld("c:1", A3);
    assertThat(tracker.way()).isEqualTo(new Way(A3, "c:1"));
  }

  @Test
  void notPassedOn_byAnotherThanIsAskedNow_saysNothing() {
    loseA();
    tracker.upheld("b:1", A3);
    tracker.notPassedOn("c:1");
    tracker.lost("a:1");

    assertThat(tracker.way()).isEqualTo(new Way(A3, "b:1"));
  }
}
