package io.troika.server.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.service.ServiceFixture;
import io.troika.server.service.ports.ClusterControl.Member;
import io.troika.server.service.ports.ClusterControl.Role;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CutOffWatchTest {
  private static final CutOffWatch.Patience PATIENCE =
      CutOffWatch.Patience.of(Duration.ofMillis(500));
  private static final Duration SURE_AFTER = PATIENCE.sureAfter();
  private static final Duration SURE = SURE_AFTER.plus(CutOffWatch.LOOK_PAUSE);

  private final ServiceFixture node = new ServiceFixture();
  private final FakeGroup group = new FakeGroup(node.log);
  private final AtomicInteger told = new AtomicInteger();
  private final CutOffWatch watch =
      CutOffWatch.start("n1", node.log, group, node.timer, PATIENCE, told::incrementAndGet);

  @AfterEach
  void close() {
    watch.close();
    node.close();
  }

  private static Member member(String id, Role role) {
    return new Member(id, "r:1", "c:1", role != Role.UNKNOWN, role, 1, 1, 1, 0, 0);
  }

  private static boolean isCutOff(Role... others) {
    List<Member> members = new ArrayList<>(List.of(member("n1", Role.CANDIDATE)));
    for (Role role : others) {
      members.add(member("n" + (members.size() + 1), role));
    }
    return CutOffWatch.isCutOff("n1", members);
  }

  @Test
  void isCutOff_byWhoAnswersAndWhomTheyFollow() {
    assertThat(isCutOff(Role.UNKNOWN, Role.UNKNOWN)).as("nobody answers").isTrue();
    assertThat(isCutOff(Role.UNKNOWN, Role.FOLLOWER)).as("their leader does not").isTrue();
    assertThat(isCutOff(Role.UNKNOWN, Role.CANDIDATE)).as("an election").isFalse();
    assertThat(isCutOff(Role.FOLLOWER, Role.LEADER)).as("soon heard of").isFalse();
    assertThat(isCutOff(Role.UNKNOWN, Role.LEADER)).isFalse();
    assertThat(isCutOff(Role.CANDIDATE, Role.UNKNOWN, Role.UNKNOWN, Role.UNKNOWN)).isTrue();
    assertThat(isCutOff(Role.CANDIDATE, Role.CANDIDATE, Role.UNKNOWN, Role.UNKNOWN)).isFalse();
    assertThat(isCutOff()).as("alone, and all there is").isFalse();
  }

  @Test
  void leaderUnknownAndNobodyAnswers_isToldOnce() {
    group.reachLeader(false);
    node.log.loseLeader(2);
    node.timer.advance(SURE_AFTER.minus(CutOffWatch.LOOK_PAUSE));
    assertThat(told).as("not sure yet").hasValue(0);
    assertThat(group.waitedFor()).isEqualTo(PATIENCE.answerTimeout());

    node.timer.advance(SURE);
    node.timer.advance(SURE);
    assertThat(told).hasValue(1);
  }

  @Test
  void leaderKnown_nobodyIsAsked() {
    group.closed(true); // would throw
    group.reachLeader(false);
    node.timer.advance(SURE);

    assertThat(told).hasValue(0);
  }

  @Test
  void leaderIsFoundInTime_isNotTold() {
    group.reachLeader(false);
    node.log.loseLeader(2);
    node.timer.advance(SURE_AFTER.minus(CutOffWatch.LOOK_PAUSE));
    node.log.follow(3);
    node.timer.advance(SURE);

    assertThat(told).hasValue(0);
  }

  @Test
  void answersInBetween_beginAnew() {
    group.reachLeader(false);
    node.log.loseLeader(2);
    node.timer.advance(SURE_AFTER.minus(CutOffWatch.LOOK_PAUSE));
    group.closed(true);
    node.timer.advance(CutOffWatch.LOOK_PAUSE);
    group.closed(false);
    node.timer.advance(SURE_AFTER.minus(CutOffWatch.LOOK_PAUSE));
    assertThat(told).hasValue(0);

    node.timer.advance(SURE);
    assertThat(told).hasValue(1);
  }

  @Test
  void cutOffAgain_isToldAgain() {
    group.reachLeader(false);
    node.log.loseLeader(2);
    node.timer.advance(SURE);
    assertThat(told).hasValue(1);
    node.log.follow(3);
    node.timer.advance(SURE);
    node.log.loseLeader(4);
    node.timer.advance(SURE);

    assertThat(told).hasValue(2);
  }

  @Test
  void cutOffAgainBetweenTwoLooks_isToldAgain() {
    group.reachLeader(false);
    node.log.loseLeader(2);
    node.timer.advance(SURE);
    node.log.follow(3);
    node.log.loseLeader(4);
    node.timer.advance(SURE_AFTER.minus(CutOffWatch.LOOK_PAUSE));
    assertThat(told).as("it begins anew").hasValue(1);

    node.timer.advance(SURE);
    assertThat(told).hasValue(2);
  }

  @Test
  void groupIsNoMore_isAskedNoMore() {
    group.closed(true);
    node.log.loseLeader(2);
    node.timer.advance(CutOffWatch.LOOK_PAUSE.multipliedBy(CutOffWatch.FAILURES_MAX));
    group.closed(false);
    group.reachLeader(false);
    node.timer.advance(SURE);

    assertThat(told).hasValue(0);
  }

  @Test
  void closed_looksNoMore() {
    group.reachLeader(false);
    node.log.loseLeader(2);
    watch.close();
    node.timer.advance(SURE);

    assertThat(told).hasValue(0);
  }
}
