package io.troika.server.raft.members;

import static io.troika.server.raft.peers.FakePeers.member;
import static io.troika.server.raft.peers.FakePeers.membership;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.raft.peers.FakePeers;
import io.troika.server.raft.peers.Membership;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Whom a node talks to, as its log changes. */
class MembershipWatchTest {
  private final FakePeers peers = new FakePeers();
  private final AtomicReference<Membership> inLog = new AtomicReference<>(Membership.NONE);
  private final List<List<String>> told = new ArrayList<>();
  private final MembershipWatch watch =
      new MembershipWatch(
          "n1", List.of(member("n1"), member("n2"), member("n3")), true, inLog::get, peers);

  private void logSays(long index, String... nodeIds) {
    inLog.set(membership(index, true, nodeIds));
    watch.refresh();
  }

  @Test
  void logSaysNothing_theFileCounts() {
    watch.refresh();

    assertThat(watch.current().ids()).containsExactly("n1", "n2", "n3");
    assertThat(peers.addresses).containsOnlyKeys("n1", "n2", "n3");
  }

  @Test
  void logDisagreesWithTheFile_theLogCounts() {
    watch.follow(others -> told.add(List.copyOf(others)));
    logSays(7, "n1", "n2", "n4");

    assertThat(watch.current().ids()).containsExactly("n1", "n2", "n4");
    assertThat(peers.addresses).containsOnlyKeys("n1", "n2", "n4");
    assertThat(told).containsExactly(List.of("n2", "n3"), List.of("n2", "n4"));
  }

  @Test
  void logIsTheSame_nobodyIsToldTwice() {
    watch.follow(others -> told.add(List.copyOf(others)));
    logSays(7, "n1", "n2", "n3", "n4");
    logSays(9, "n1", "n2", "n3", "n4");

    assertThat(told).hasSize(2);
  }

  /** It waits to be added, or its log is behind: those it knows from elsewhere may help. */
  @Test
  void logIsWithoutThisNode_allThatItKnowsAreAsked() {
    watch.meet(membership(20, true, "n5"));
    logSays(7, "n2", "n4");

    assertThat(watch.askable().ids()).containsExactly("n1", "n2", "n3", "n4", "n5");
    assertThat(watch.current().ids()).containsExactly("n2", "n4");
  }

  @Test
  void guest_isTalkedToUntilDismissed_andIsNoMember() {
    logSays(7, "n1", "n2", "n3");
    watch.invite(member("n4"));

    assertThat(peers.addresses).containsOnlyKeys("n1", "n2", "n3", "n4");
    assertThat(watch.current().ids()).containsExactly("n1", "n2", "n3");

    watch.dismiss();
    assertThat(peers.addresses).containsOnlyKeys("n1", "n2", "n3");
  }
}
