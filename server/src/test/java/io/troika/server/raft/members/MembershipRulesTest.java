package io.troika.server.raft.members;

import static io.troika.server.raft.peers.FakePeers.member;
import static io.troika.server.raft.peers.FakePeers.membership;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.config.HostAndPort;
import io.troika.server.config.NodeConfig.MemberConfig;
import io.troika.server.raft.peers.Membership;
import io.troika.server.raft.peers.PeerIntroduction;
import io.troika.server.raft.peers.PeerIntroduction.Standing;
import java.util.Optional;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is refused, and that the rest is not. */
final class MembershipRulesTest {
  private static final Membership THREE = membership(7, true, "n1", "n2", "n3");
  private static final Membership FOUR = membership(7, true, "n1", "n2", "n3", "n4");

  private static void assertAllowed(ThrowingCallable change) {
    assertThatCode(change).doesNotThrowAnyException();
  }

  private static void assertRefused(ThrowingCallable change, String why) {
    assertThatThrownBy(change)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
  }

  private static PeerIntroduction introduction(
      Standing standing, MemberConfig self, Membership known) {
    return new PeerIntroduction(standing, self, known);
  }

  @Test
  void next_isWithoutWhoLeavesAndWithWhoJoins() {
    assertThat(MembershipRules.next(THREE, "n2", Optional.of(member("n4"))).ids())
        .containsExactly("n1", "n3", "n4");
    assertThat(MembershipRules.next(THREE, "", Optional.of(member("n4"))).ids())
        .containsExactly("n1", "n2", "n3", "n4");
    assertThat(MembershipRules.next(THREE, "n2", Optional.empty()).ids())
        .containsExactly("n1", "n3");
  }

  @Test
  void enough_threeHaveToBeLeft_orFewerWanted_andNeverNone() {
    assertAllowed(() -> MembershipRules.requireEnough(FOUR, "n4", false));
    assertRefused(() -> MembershipRules.requireEnough(THREE, "n3", false), "there are 2 members");
    assertAllowed(() -> MembershipRules.requireEnough(THREE, "n3", true));
    assertRefused(
        () -> MembershipRules.requireEnough(membership(7, true, "n1"), "n1", true),
        "n1 is the last member");
  }

  @Test
  void majority_beforeTheChange_hasToLive() {
    assertAllowed(() -> MembershipRules.requireMajority(THREE, "n3", "", Set.of("n1", "n2")));
    assertRefused(
        () -> MembershipRules.requireMajority(FOUR, "n4", "", Set.of("n1", "n2")),
        "those before the change, [n3, n4] do not answer");
  }

  @Test
  void majority_afterTheChange_hasToLive() {
    assertRefused(
        () -> MembershipRules.requireMajority(THREE, "n1", "", Set.of("n1", "n2")),
        "those after the change, [n3] do not answer");
    assertAllowed(
        () -> MembershipRules.requireMajority(THREE, "n3", "n4", Set.of("n1", "n2", "n4")));
    assertRefused(
        () -> MembershipRules.requireMajority(THREE, "", "n4", Set.of("n1", "n2")),
        "[n3, n4] do not answer");
  }

  @Test
  void replaceable_onlyAMemberByOneThatIsNone() {
    assertAllowed(() -> MembershipRules.requireReplaceable(THREE, "n3", "n4"));
    assertRefused(
        () -> MembershipRules.requireReplaceable(THREE, "n9", "n4"), "not one of the members");
    assertRefused(
        () -> MembershipRules.requireReplaceable(THREE, "n3", "n2"), "n2 is a member already");
  }

  @Test
  void sameAddress_another_isRefused() {
    assertAllowed(() -> MembershipRules.requireSameAddress(member("n2"), "host-n2:1"));
    assertRefused(
        () -> MembershipRules.requireSameAddress(member("n2"), "host-n4:1"),
        "its peer address is host-n2:1, not host-n4:1");
  }

  @ParameterizedTest
  @CsvSource({
    "REMOVED, it was removed from its group",
    "MEMBER, it is a member of the group of",
    "ARRIVING, it has not found the group yet"
  })
  void fitting_whoDoesNotWaitToBeAdded_isRefusedWithTheReason(Standing standing, String why) {
    assertRefused(
        () ->
            MembershipRules.requireFitting(
                THREE, introduction(standing, member("n4"), Membership.NONE)),
        why);
  }

  @Test
  void fitting_whoWaitsAndKnowsNothingElse_isTaken() {
    assertAllowed(
        () ->
            MembershipRules.requireFitting(
                THREE, introduction(Standing.JOINING, member("n4"), Membership.NONE)));
    assertAllowed(
        () ->
            MembershipRules.requireFitting(
                THREE,
                introduction(
                    Standing.JOINING, member("n4"), membership(3, true, "n1", "n2", "n3"))));
  }

  @Test
  void fitting_olderVersion_isRefused() {
    assertRefused(
        () ->
            MembershipRules.requireFitting(
                THREE,
                new PeerIntroduction(
                    Standing.JOINING,
                    member("n4"),
                    Membership.NONE,
                    PeerIntroduction.LOG_LEVEL - 1)),
        "node n4: it is of an older version");
  }

  @Test
  void fitting_entriesOfAnotherGroup_isRefused() {
    assertRefused(
        () ->
            MembershipRules.requireFitting(
                THREE,
                introduction(Standing.JOINING, member("n4"), membership(3, true, "n1", "m2"))),
        "it has entries of the group of [m2, n1]");
  }

  @Test
  void fitting_anAddressOfAMember_isRefused() {
    HostAndPort own = new HostAndPort("host-n4", 1);
    MemberConfig shares = new MemberConfig("n4", own, own, member("n2").client());
    assertRefused(
        () ->
            MembershipRules.requireFitting(
                THREE, introduction(Standing.JOINING, shares, Membership.NONE)),
        "it has an address of node n2");
  }
}
