package io.troika.server.raft.leadership;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.leadership.LeaderSpread.Move;
import io.troika.server.raft.peers.FakePeers;
import io.troika.server.raft.threads.FakeTimer;
import io.troika.server.service.ports.ClusterControl;
import io.troika.server.service.ports.Leadership;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class LeaderSpreadTest {
  private static final List<String> NODES = List.of("n1", "n2", "n3");

  private final FakeTimer timer = new FakeTimer();
  private final Map<String, String> leaders = new TreeMap<>();
  private final List<String> handedOver = new ArrayList<>();
  private boolean reachable = true;
  private long applied = 10;
  private final LeaderSpread spread =
      new LeaderSpread(
          "n1",
          () -> leaders,
          () -> FakePeers.membership(1, true, "n1", "n2", "n3"),
          Group::new,
          timer);

  @Test
  void move_evenAsCanBe_isNone() {
    assertThat(LeaderSpread.move("n1", Map.of("g0", "n1", "g1", "n2"), NODES)).isEmpty();
    assertThat(LeaderSpread.move("n1", Map.of("g0", "n1"), NODES)).isEmpty();
    assertThat(
            LeaderSpread.move("n1", Map.of("g0", "n1", "g1", "n1", "g2", "n2", "g3", "n3"), NODES))
        .isEmpty();
  }

  @Test
  void move_leadsTwoMoreThanAnother_isAGroupBesideG0ToTheOneThatLeadsFewest() {
    assertThat(LeaderSpread.move("n1", Map.of("g0", "n1", "g1", "n1", "g2", "n2"), NODES))
        .isEqualTo(Optional.of(new Move("g1", "n3")));
    assertThat(LeaderSpread.move("n2", Map.of("g0", "n1", "g1", "n1", "g2", "n2"), NODES))
        .isEmpty();
  }

  @Test
  void move_theOtherGroupsNameComesBeforeG0_isStillTheOther() {
    assertThat(LeaderSpread.move("n1", Map.of("archive", "n1", "g0", "n1"), NODES))
        .isEqualTo(Optional.of(new Move("archive", "n2")));
  }

  @Test
  void move_leaderOfOneIsNotKnown_isNone() {
    assertThat(LeaderSpread.move("n1", Map.of("g0", "n1", "g1", "n1", "g2", ""), NODES)).isEmpty();
  }

  @Test
  void look_unevenForAWhile_handsOneOverAMinute() {
    leaders.putAll(Map.of("g0", "n1", "g1", "n1", "g2", "n1"));
    spread.start();
    pass(LeaderSpread.LASTING);
    assertThat(handedOver).isEmpty();
    pass(LeaderSpread.PERIOD);
    assertThat(handedOver).containsExactly("g2>n2");
    leaders.put("g2", "n2");
    pass(LeaderSpread.PAUSE.minus(LeaderSpread.PERIOD));
    assertThat(handedOver).hasSize(1);
    pass(LeaderSpread.PERIOD);
    assertThat(handedOver).containsExactly("g2>n2", "g1>n3");
  }

  @Test
  void look_unevenForAMoment_movesNothing() {
    leaders.putAll(Map.of("g0", "n1", "g1", "n1"));
    spread.start();
    pass(LeaderSpread.LASTING);
    leaders.put("g1", "n2");
    pass(LeaderSpread.PERIOD);
    leaders.put("g1", "n1");
    pass(LeaderSpread.LASTING);
    assertThat(handedOver).isEmpty();
  }

  @Test
  void look_aMemberIsAwayOrBehind_movesNothing() {
    leaders.putAll(Map.of("g0", "n1", "g1", "n1"));
    reachable = false;
    spread.start();
    pass(Duration.ofMinutes(3));
    assertThat(handedOver).isEmpty();
    reachable = true;
    applied = -600;
    pass(Duration.ofMinutes(3));
    assertThat(handedOver).isEmpty();
    applied = 10;
    pass(Duration.ofMinutes(2));
    assertThat(handedOver).contains("g1>n2");
  }

  private void pass(Duration time) {
    for (long i = 0; i < time.dividedBy(LeaderSpread.PERIOD); i++) {
      timer.advance(LeaderSpread.PERIOD);
    }
  }

  private final class Group implements ClusterControl {
    private final String name;

    Group(String name) {
      this.name = name;
    }

    @Override
    public CompletableFuture<List<Member>> members(Duration answerTimeout) {
      return CompletableFuture.completedFuture(
          List.of(member("n1", true, 10), member("n2", reachable, applied)));
    }

    private static Member member(String node, boolean reachable, long applied) {
      return new Member(node, "", "", reachable, Role.FOLLOWER, 1, 10, applied, 0, 0);
    }

    @Override
    public CompletableFuture<Leadership> transferLeadership(String target, Duration timeout) {
      handedOver.add(name + ">" + target);
      return new CompletableFuture<>();
    }

    @Override
    public CompletableFuture<LogPosition> takeSnapshot(Duration timeout) {
      throw new UnsupportedOperationException();
    }
  }
}
