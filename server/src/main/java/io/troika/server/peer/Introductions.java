package io.troika.server.peer;

import io.troika.server.config.HostAndPort;
import io.troika.server.config.NodeConfig.MemberConfig;
import io.troika.server.peer.v1.IntroductionAnswer;
import io.troika.server.peer.v1.MemberAddresses;
import io.troika.server.raft.peers.Membership;
import io.troika.server.raft.peers.PeerIntroduction;
import io.troika.server.raft.peers.PeerIntroduction.Standing;

/** How nodes introduce themselves: generated messages to values of the port, and back. */
final class Introductions {
  private Introductions() {}

  static IntroductionAnswer toMessage(PeerIntroduction introduction) {
    Membership membership = introduction.membership();
    return IntroductionAnswer.newBuilder()
        .setStanding(
            switch (introduction.standing()) {
              case MEMBER -> IntroductionAnswer.Standing.MEMBER;
              case JOINING -> IntroductionAnswer.Standing.JOINING;
              case ARRIVING -> IntroductionAnswer.Standing.ARRIVING;
              case REMOVED -> IntroductionAnswer.Standing.REMOVED;
            })
        .setSelf(toMessage(introduction.self()))
        .setIndex(membership.index())
        .setSettled(membership.settled())
        .setLogLevel(introduction.logLevel())
        .addAllMembers(membership.members().stream().map(Introductions::toMessage).toList())
        .build();
  }

  private static MemberAddresses toMessage(MemberConfig member) {
    return MemberAddresses.newBuilder()
        .setNodeId(member.nodeId())
        .setRaft(member.raft().toString())
        .setPeer(member.peer().toString())
        .setClient(member.client().toString())
        .build();
  }

  /**
   * @throws IllegalArgumentException if it is none that this version understands
   */
  static PeerIntroduction fromMessage(IntroductionAnswer answer) {
    Standing standing =
        switch (answer.getStanding()) {
          case MEMBER -> Standing.MEMBER;
          case JOINING -> Standing.JOINING;
          case ARRIVING -> Standing.ARRIVING;
          case REMOVED -> Standing.REMOVED;
          case STANDING_UNSPECIFIED, UNRECOGNIZED ->
              throw new IllegalArgumentException(
                  "standing %s: not known".formatted(answer.getStandingValue()));
        };
    return new PeerIntroduction(
        standing,
        fromMessage(answer.getSelf()),
        new Membership(
            answer.getIndex(),
            answer.getSettled(),
            answer.getMembersList().stream().map(Introductions::fromMessage).toList()),
        answer.getLogLevel());
  }

  private static MemberConfig fromMessage(MemberAddresses member) {
    return new MemberConfig(
        member.getNodeId(),
        HostAndPort.parse(member.getRaft()),
        HostAndPort.parse(member.getPeer()),
        HostAndPort.parse(member.getClient()));
  }
}
