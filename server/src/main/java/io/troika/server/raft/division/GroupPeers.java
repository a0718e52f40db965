package io.troika.server.raft.division;

import io.troika.server.config.HostAndPort;
import io.troika.server.config.NodeConfig.MemberConfig;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.raft.peers.Membership;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftConfiguration;

/**
 * Members as Ratis keeps them in its log. What it calls the admin address, which only clients of
 * its own would use, is that of our peer port; so a configuration names all three addresses of each
 * member, and nothing else has to be replicated for them to find one another.
 */
public final class GroupPeers {
  private GroupPeers() {}

  public static RaftPeer toPeer(MemberConfig member) {
    return RaftPeer.newBuilder()
        .setId(member.nodeId())
        .setAddress(member.raft().toString())
        .setAdminAddress(member.peer().toString())
        .setClientAddress(member.client().toString())
        .build();
  }

  public static List<RaftPeer> toPeers(List<MemberConfig> members) {
    return members.stream().map(GroupPeers::toPeer).toList();
  }

  /** As the catalog of groups has it. */
  public static GroupInfo.Member toInfo(MemberConfig member) {
    return new GroupInfo.Member(
        member.nodeId(),
        member.raft().toString(),
        member.peer().toString(),
        member.client().toString());
  }

  /** One who began a group, by the catalog. */
  public static MemberConfig fromInfo(GroupInfo.Member member) {
    return new MemberConfig(
        member.nodeId(),
        HostAndPort.parse(member.raft()),
        HostAndPort.parse(member.peer()),
        HostAndPort.parse(member.client()));
  }

  /**
   * @param configured by the configuration file: groups begun by an older version have only Raft
   *     addresses in their log
   */
  static Membership membership(
      RaftConfiguration configuration, boolean committed, Map<String, MemberConfig> configured) {
    boolean stable = configuration.getPreviousPeers().isEmpty();
    return new Membership(
        configuration.getLogEntryIndex(),
        stable && committed,
        configuration.getAllPeers().stream()
            .map(peer -> toMember(peer, configured))
            .flatMap(Optional::stream)
            .toList());
  }

  /** Empty for one whose addresses nobody has told. */
  public static Optional<MemberConfig> toMember(
      RaftPeer peer, Map<String, MemberConfig> configured) {
    String nodeId = peer.getId().toString();
    if (isEmpty(peer.getAddress())
        || isEmpty(peer.getAdminAddress())
        || isEmpty(peer.getClientAddress())) {
      return Optional.ofNullable(configured.get(nodeId));
    }
    return Optional.of(
        new MemberConfig(
            nodeId,
            HostAndPort.parse(peer.getAddress()),
            HostAndPort.parse(peer.getAdminAddress()),
            HostAndPort.parse(peer.getClientAddress())));
  }

  /** Where clients find one member; empty if nobody has told. */
  static String clientAddress(
      RaftConfiguration configuration, RaftPeerId id, Map<String, MemberConfig> configured) {
    RaftPeer peer = configuration.getPeer(id);
    if (peer != null && !isEmpty(peer.getClientAddress())) {
      return peer.getClientAddress();
    }
    MemberConfig member = configured.get(id.toString());
    return member == null ? "" : member.client().toString();
  }

  private static boolean isEmpty(String address) {
    return address == null || address.isEmpty();
  }
}
