package io.troika.server.raft.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.peers.PeerTransport.PeerState;
import io.troika.server.raft.peers.Voters;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A leader n1 whose followers run out of room. */
final class FollowersRoomTest {
  private static final LogPosition AT = new LogPosition(2, 7);

  private Voters voters = Voters.of("n1", "n2", "n3");
  private final FollowersRoom room = new FollowersRoom(() -> voters);

  private static PeerState state(boolean full) {
    return new PeerState(2, AT, 7, AT, "n1", true, -1, -1, 0, full, 0);
  }

  @Test
  void oneOfTwoIsFull_transactionsGoOn() {
    room.saw("n2", state(true));
    room.saw("n3", state(false));

    assertThat(room.problem()).isNull();
  }

  @Test
  void bothAreFull_transactionsAreRefused_untilOneHasRoom() {
    room.saw("n2", state(true));
    room.saw("n3", state(true));
    assertThat(room.problem())
        .hasMessageStartingWith("the disks of nodes n2, n3 have no room for entries");

    room.saw("n3", state(false));
    assertThat(room.problem()).isNull();
  }

  @Test
  void oneIsFullAndOneDoesNotAnswer_nobodyKnows() {
    room.saw("n2", state(true));
    room.saw("n3", state(true));
    room.saw("n3", null);

    assertThat(room.problem()).isNull();
  }

  @Test
  void inAChange_aMajorityOfEachHalfIsNeeded() {
    voters = new Voters(List.of("n1", "n4", "n5"), List.of("n1", "n2", "n3"));
    room.saw("n2", state(true));
    room.saw("n4", state(true));
    assertThat(room.problem()).isNull();

    room.saw("n5", state(true));
    assertThat(room.problem()).hasMessageContaining("n2, n4, n5");
  }

  @Test
  void oneThatDoesNotLead_knowsNothing() {
    room.saw("n2", state(true));
    room.saw("n3", state(true));
    room.clear();

    assertThat(room.problem()).isNull();
  }
}
