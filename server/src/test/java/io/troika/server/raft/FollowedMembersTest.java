package io.troika.server.raft;

import static io.troika.server.raft.peers.FakePeers.member;
import static io.troika.server.raft.peers.FakePeers.membership;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.raft.FollowedMembers.Step;
import io.troika.server.raft.peers.Membership;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FollowedMembersTest {
  private static final Membership THREE = membership(3, true, "n1", "n2", "n3");

  @Test
  void next_oneJoins_oneLeaves_orBoth_isOneStep() {
    assertThat(FollowedMembers.next(THREE, membership(9, true, "n1", "n2", "n3", "n4")))
        .isEqualTo(Optional.of(new Step(Optional.of(member("n4")), "")));
    assertThat(FollowedMembers.next(THREE, membership(9, true, "n1", "n3")))
        .isEqualTo(Optional.of(new Step(Optional.empty(), "n2")));
    assertThat(FollowedMembers.next(THREE, membership(9, true, "n1", "n4", "n3")))
        .isEqualTo(Optional.of(new Step(Optional.of(member("n4")), "n2")));
  }

  @Test
  void next_theSameMembers_isNone() {
    assertThat(FollowedMembers.next(THREE, membership(9, true, "n3", "n2", "n1"))).isEmpty();
  }

  @Test
  void next_whileEitherIsNotSettledOrNotKnown_isNone() {
    Membership two = membership(9, true, "n1", "n2");
    assertThat(FollowedMembers.next(THREE, membership(9, false, "n1", "n2"))).isEmpty();
    assertThat(FollowedMembers.next(THREE, membership(-1, true, "n1", "n2"))).isEmpty();
    assertThat(FollowedMembers.next(membership(3, false, "n1", "n2", "n3"), two)).isEmpty();
    assertThat(FollowedMembers.next(membership(-1, true, "n1", "n2", "n3"), two)).isEmpty();
  }
}
