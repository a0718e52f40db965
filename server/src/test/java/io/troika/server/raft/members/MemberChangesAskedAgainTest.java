package io.troika.server.raft.members;

import static io.troika.server.raft.peers.FakePeers.member;
import static io.troika.server.raft.peers.FakePeers.membership;
import static io.troika.server.raft.peers.FakePeers.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.division.FakeRaft;
import io.troika.server.raft.peers.FakePeers;
import io.troika.server.raft.peers.Membership;
import io.troika.server.raft.peers.PeerTransport.PeerState;
import io.troika.server.raft.peers.Voters;
import io.troika.server.raft.threads.FakeTimer;
import io.troika.server.service.ports.MembershipChange;
import io.troika.server.service.ports.MembershipChange.Phase;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** The same change is asked for twice, of one leader or of two; n1 leads. */
final class MemberChangesAskedAgainTest {
  private static final Membership THREE = membership(7, true, "n1", "n2", "n3");
  private static final Membership FOUR = membership(7, true, "n1", "n2", "n3", "n4");

  /** Those of before and after are in the log, and not agreed on. */
  private static final Membership JOINT = membership(9, false, "n1", "n2", "n3", "n4");

  private final FakePeers peers = new FakePeers();
  private final FakeRaft raft = new FakeRaft("n1", "n1");
  private final AtomicReference<Membership> inLog = new AtomicReference<>(THREE);
  private final List<List<String>> wanted = new ArrayList<>();
  private final CompletableFuture<Void> agreed = new CompletableFuture<>();
  private final MembershipWatch watch =
      new MembershipWatch("n1", List.of(member("n1")), true, inLog::get, peers);
  private final MemberChanges changes =
      new MemberChanges(
          raft,
          watch,
          peers,
          new FakeTimer(),
          (present, next) -> {
            wanted.add(next.ids());
            return agreed;
          },
          () -> CompletableFuture.failedFuture(new IllegalStateException("test")));

  private void joint(List<String> incoming, List<String> outgoing) {
    inLog.set(JOINT);
    raft.voters = new Voters(incoming, outgoing);
  }

  private void answer(String... alive) {
    LogPosition last = new LogPosition(5, 12);
    for (String peer : alive) {
      take(peers.states, peer).complete(new PeerState(5, last, 10, last, "n1", true));
    }
  }

  private static void assertUnderWay(
      CompletableFuture<MembershipChange> change, String joining, String leaving) {
    assertThat(change)
        .isCompletedWithValue(new MembershipChange(joining, leaving, Phase.AGREEING, -1, ""));
  }

  @Test
  void add_begunByTheLeaderBefore_isUnderWay() {
    joint(List.of("n1", "n2", "n3", "n4"), List.of("n1", "n2", "n3"));

    assertUnderWay(changes.add("n4", "host-n4:1"), "n4", "");
    assertThat(peers.states).isEmpty();
    assertThat(changes.newest().join()).isEmpty();
  }

  @Test
  void replace_begunByTheLeaderBefore_isUnderWay() {
    joint(List.of("n1", "n2", "n4"), List.of("n1", "n2", "n3"));

    assertUnderWay(changes.replace("n3", "n4", "host-n4:1"), "n4", "n3");
    assertThat(peers.states).isEmpty();
  }

  @Test
  void remove_begunByTheLeaderBefore_isUnderWayAndThenDone() {
    joint(List.of("n1", "n2", "n3"), List.of("n1", "n2", "n3", "n4"));

    assertUnderWay(changes.remove("n4", false), "", "n4");
    assertThat(peers.states).isEmpty();

    inLog.set(membership(10, true, "n1", "n2", "n3"));
    assertThat(changes.remove("n4", false).join().phase()).isEqualTo(Phase.DONE);
    assertThat(wanted).isEmpty();
  }

  @Test
  void another_begunByTheLeaderBefore_isNotTakenForThisOne() {
    joint(List.of("n1", "n2", "n3", "n4"), List.of("n1", "n2", "n3"));

    assertThatThrownBy(() -> changes.replace("n3", "n4", "host-n4:1").join())
        .hasRootCauseMessage("node n4 is a member already: add another one, or remove n3");
    var unused = changes.remove("n3", false);
    answer("n2", "n3", "n4");
    assertThat(wanted).as("Ratis says what is under way").hasSize(1);
  }

  @Test
  void remove_askedTwice_isBegunOnce() {
    inLog.set(FOUR);
    CompletableFuture<MembershipChange> first = changes.remove("n4", false);
    CompletableFuture<MembershipChange> atOnce = changes.remove("n4", false);
    answer("n2", "n3", "n4");
    answer("n2", "n3", "n4");

    assertUnderWay(first, "", "n4");
    assertUnderWay(atOnce, "", "n4");
    assertUnderWay(changes.remove("n4", false), "", "n4");
    assertThat(wanted).containsExactly(List.of("n1", "n2", "n3"));
    assertThatThrownBy(() -> changes.add("n5", "host-n5:1").join())
        .hasRootCauseMessage("another change is under way (n4 leaves): wait until it has ended");

    agreed.complete(null);
    assertThat(changes.newest().join().orElseThrow().phase()).isEqualTo(Phase.DONE);
  }

  /** Else the guest of the next change would be sent away with that of this one. */
  @Test
  void add_agreed_isOverOnlyOnceItsGuestIsNone() {
    peers.introduceJoining("n4");
    var unused = changes.add("n4", "host-n4:1");
    answer("n2", "n3");
    assertThat(wanted).hasSize(1);
    List<CompletableFuture<MembershipChange>> meanwhile = new ArrayList<>();
    watch.follow(
        others -> {
          if (!others.contains("n4")) {
            meanwhile.add(changes.add("n5", "host-n5:1"));
          }
        });

    agreed.complete(null);

    assertThat(meanwhile).hasSize(1);
    assertThatThrownBy(() -> meanwhile.get(0).join())
        .hasRootCauseMessage("another change is under way (n4 joins): wait until it has ended");
    assertThat(changes.newest().join().orElseThrow().phase()).isEqualTo(Phase.DONE);
  }

  @Test
  void remove_failed_canBeAskedForAgain() {
    inLog.set(FOUR);
    var unused = changes.remove("n4", false);
    answer("n2", "n3", "n4");
    agreed.completeExceptionally(new IllegalStateException("no time"));

    MembershipChange failed = changes.newest().join().orElseThrow();
    assertThat(failed.phase()).isEqualTo(Phase.FAILED);
    assertThat(failed.problem()).isEqualTo("no time");
    var unusedToo = changes.remove("n4", false);
    answer("n2", "n3", "n4");
    assertThat(wanted).hasSize(2);
  }
}
