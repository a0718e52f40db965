package io.troika.server.raft.members;

import io.troika.server.config.HostAndPort;
import io.troika.server.config.NodeConfig.MemberConfig;
import io.troika.server.raft.peers.Membership;
import io.troika.server.raft.peers.PeerTransport;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes this node talk to those who are members of its group, as its log says now. The
 * configuration file is asked as long as the log does not know this node: it is new then, or has
 * forgotten all. Safe for any thread; nothing here blocks.
 */
public final class MembershipWatch {
  private static final Logger log = LoggerFactory.getLogger(MembershipWatch.class);

  private final String nodeId;
  private final Membership configured;
  private final boolean isFromFile;
  private final Supplier<Membership> inLog;
  private final PeerTransport peers;

  // Guarded by this.
  private final Map<String, MemberConfig> acquaintances = new TreeMap<>();
  private Optional<MemberConfig> guest = Optional.empty();
  private Map<String, HostAndPort> told = Map.of();
  private Membership compared = Membership.NONE;
  private Consumer<Collection<String>> follower = others -> {};

  /**
   * @param configured the members in the configuration file, or those who began the group
   * @param isFromFile whether a file says so, which may be out of date
   * @param inLog the newest configuration in the log
   */
  public MembershipWatch(
      String nodeId,
      List<MemberConfig> configured,
      boolean isFromFile,
      Supplier<Membership> inLog,
      PeerTransport peers) {
    this.nodeId = nodeId;
    this.configured = new Membership(-1, false, configured);
    this.isFromFile = isFromFile;
    this.inLog = inLog;
    this.peers = peers;
  }

  /** Those of the log, or of the configuration file while there are none. */
  public Membership current() {
    Membership known = inLog.get();
    return known.isKnown() ? known : configured;
  }

  /** Whom this node may ask: the members, and as long as it is none, all it has ever heard of. */
  public synchronized Membership askable() {
    Membership known = inLog.get();
    Map<String, MemberConfig> all = new TreeMap<>();
    if (!known.contains(nodeId)) {
      configured.members().forEach(member -> all.put(member.nodeId(), member));
      all.putAll(acquaintances);
    }
    known.members().forEach(member -> all.put(member.nodeId(), member));
    guest.ifPresent(member -> all.put(member.nodeId(), member));
    return new Membership(known.index(), known.settled(), List.copyOf(all.values()));
  }

  /** Tells of all others, now and at each change. */
  public synchronized void follow(Consumer<Collection<String>> newFollower) {
    follower = newFollower;
    follower.accept(askable().others(nodeId));
  }

  /** Others say that these are members. */
  public synchronized void meet(Membership said) {
    said.members().forEach(member -> acquaintances.put(member.nodeId(), member));
    refresh();
  }

  /** One who is to become a member: this node talks to it already. */
  synchronized void invite(MemberConfig member) {
    guest = Optional.of(member);
    refresh();
  }

  /** It has become a member, or does not. */
  synchronized void dismiss() {
    guest = Optional.empty();
    refresh();
  }

  public synchronized Optional<MemberConfig> guest() {
    return guest;
  }

  /** Looks again. */
  public synchronized void refresh() {
    Membership askable = askable();
    Map<String, HostAndPort> addresses = askable.peerAddresses();
    if (!addresses.equals(told)) {
      told = addresses;
      peers.setPeers(addresses);
      follower.accept(askable.others(nodeId));
    }
    if (isFromFile) {
      compareWithFile();
    }
  }

  private void compareWithFile() {
    Membership known = inLog.get();
    if (known.settled() && known.index() >= 0 && !known.members().equals(compared.members())) {
      compared = known;
      if (!known.members().equals(configured.members())) {
        log.warn(
            "the group consists of {}; the configuration file of node {} says {}. The group is"
                + " right; change the file, because a node that has lost its directory asks those"
                + " who are in it",
            known.describe(),
            nodeId,
            configured.describe());
      }
    }
  }
}
