package io.troika.server.service.ports;

import io.troika.server.core.model.GroupInfo;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Who belongs to the Raft group, changed while it works; implemented by raft. Leader only: fails
 * with {@code NotLeaderException} elsewhere. One change at a time. Each call answers once the
 * change has begun, which then goes on by itself; the same call again joins it, or is answered as
 * done. What would be wrong or unsafe fails with IllegalArgumentException and changes nothing. Safe
 * for any thread.
 */
public interface MembershipControl {

  /**
   * Adds a node that waits for it. It has no say before it has caught up.
   *
   * @param peerAddress of its peer port, where it is asked for its other addresses
   */
  CompletableFuture<MembershipChange> add(String nodeId, String peerAddress);

  /**
   * Removes a member; nothing happens when it is none. The leader hands over when it is to go
   * itself, and fails with {@code NotLeaderException}: the next one removes it.
   *
   * @param fewerThanThree whether fewer than three may be left
   */
  CompletableFuture<MembershipChange> remove(String nodeId, boolean fewerThanThree);

  /** Takes a node in for another, which may be dead, in one step. */
  CompletableFuture<MembershipChange> replace(String leaving, String joining, String peerAddress);

  /**
   * Who belongs to the group, with all addresses, so that another group may begin with them; nobody
   * while that changes, or is not known here. For some seconds no change begins. Fails with
   * IllegalArgumentException, which names them, while some are not known to understand groups.
   */
  CompletableFuture<List<GroupInfo.Member>> settled();

  /** The newest change that this node was asked for; empty if it was asked for none. */
  CompletableFuture<Optional<MembershipChange>> newest();
}
