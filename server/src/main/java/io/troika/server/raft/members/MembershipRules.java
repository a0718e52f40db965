package io.troika.server.raft.members;

import static io.troika.server.core.model.Checks.requireArgument;

import io.troika.server.config.NodeConfig.MemberConfig;
import io.troika.server.raft.peers.Membership;
import io.troika.server.raft.peers.PeerIntroduction;
import io.troika.server.raft.peers.PeerIntroduction.Standing;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Which changes of the members are refused, and why; pure functions. */
final class MembershipRules {
  /** The least with which the loss of one is bearable. */
  private static final int SENSIBLE_MIN = 3;

  private MembershipRules() {}

  /** The members afterwards. */
  static Membership next(Membership present, String leaving, Optional<MemberConfig> joining) {
    List<MemberConfig> members =
        Stream.concat(
                present.members().stream().filter(member -> !member.nodeId().equals(leaving)),
                joining.stream())
            .toList();
    return new Membership(present.index(), present.settled(), members);
  }

  static String describe(String joining, String leaving) {
    if (leaving.isEmpty()) {
      return joining + " joins";
    }
    return joining.isEmpty() ? leaving + " leaves" : joining + " replaces " + leaving;
  }

  static void requireSameAddress(MemberConfig member, String peerAddress) {
    requireArgument(
        member.peer().toString().equals(peerAddress),
        "node %s is a member already, and its peer address is %s, not %s",
        member.nodeId(),
        member.peer(),
        peerAddress);
  }

  static void requireReplaceable(Membership present, String leaving, String joining) {
    requireArgument(
        present.contains(leaving), "node %s: not one of the members %s", leaving, present.ids());
    requireArgument(
        !present.contains(joining),
        "node %s is a member already: add another one, or remove %s",
        joining,
        leaving);
  }

  static void requireEnough(Membership present, String leaving, boolean fewerThanThree) {
    int left = present.members().size() - 1;
    requireArgument(left > 0, "node %s is the last member", leaving);
    requireArgument(
        left >= SENSIBLE_MIN || fewerThanThree,
        "without node %s there are %d members, and then the loss of one stops the group: add or"
            + " replace a node, or say that fewer than three are wanted (--fewer-than-three)",
        leaving,
        left);
  }

  /**
   * Both the members before and those after must have a majority that lives, or the change would
   * never be agreed on and hold up all that comes after it.
   *
   * @param alive those who answer, the one who joins included
   */
  static void requireMajority(
      Membership present, String leaving, String joining, Set<String> alive) {
    List<String> after =
        Stream.concat(present.ids().stream(), Stream.of(joining))
            .filter(id -> !id.isEmpty() && !id.equals(leaving))
            .toList();
    requireMajority("before the change", present.ids(), alive);
    requireMajority("after the change", after, alive);
  }

  private static void requireMajority(String when, List<String> members, Set<String> alive) {
    List<String> silent = members.stream().filter(id -> !alive.contains(id)).toList();
    requireArgument(
        members.size() - silent.size() > members.size() / 2,
        "of the members %s, those %s, %s do not answer: a majority of living ones would be lost."
            + " Start them, or replace them",
        members,
        when,
        silent);
  }

  /** Whether a node that has introduced itself can be taken in. */
  static void requireFitting(Membership present, PeerIntroduction found) {
    MemberConfig self = found.self();
    requireArgument(
        found.standing() == Standing.JOINING,
        "node %s: %s",
        self.nodeId(),
        switch (found.standing()) {
          case REMOVED ->
              "it was removed from its group. Stop it, empty its directory, start it with raft.join"
                  + " = true";
          case MEMBER -> "it is a member of the group of " + found.membership().ids();
          case ARRIVING ->
              "it has not found the group yet: the other members in its configuration file have to"
                  + " be those of this group, and raft.join = true";
          case JOINING -> "";
        });
    requireArgument(
        found.logLevel() >= PeerIntroduction.LOG_LEVEL,
        "node %s: it is of an older version, which stops at entries that this one writes: upgrade"
            + " it first",
        self.nodeId());
    Set<String> known =
        present.members().stream()
            .map(member -> member.nodeId() + " " + member.raft())
            .collect(Collectors.toSet());
    requireArgument(
        found.membership().members().stream()
            .allMatch(member -> known.contains(member.nodeId() + " " + member.raft())),
        "node %s: it has entries of the group of %s. Stop it, empty its directory, start it again",
        self.nodeId(),
        found.membership().ids());
    present.members().forEach(member -> requireOwnAddresses(self, member));
  }

  private static void requireOwnAddresses(MemberConfig self, MemberConfig member) {
    boolean shared =
        Stream.of(self.raft(), self.peer(), self.client())
            .anyMatch(
                address ->
                    Stream.of(member.raft(), member.peer(), member.client())
                        .anyMatch(address::equals));
    requireArgument(
        !shared,
        "node %s: by its configuration file it has an address of node %s",
        self.nodeId(),
        member.nodeId());
  }
}
