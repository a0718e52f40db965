package io.troika.server.raft.replication;

import io.troika.server.raft.peers.PeerTransport.PeerState;
import io.troika.server.raft.peers.Voters;
import io.troika.server.service.refusals.DiskFullException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Which followers of this leader take no entries for lack of room, by their own word of half a
 * second ago. Without a majority that takes them nothing would be agreed on, and clients would wait
 * for their time-outs; so new ones are refused with the reason. Who does not answer is not counted
 * as full. Safe for any thread.
 */
public final class FollowersRoom {
  private final Supplier<Voters> voters;
  private final Set<String> full = ConcurrentHashMap.newKeySet();

  /**
   * @param voters this node is one of them
   */
  public FollowersRoom(Supplier<Voters> voters) {
    this.voters = voters;
  }

  /** What a follower says now; null: nothing. */
  void saw(String peer, @Nullable PeerState state) {
    if (state != null && state.full()) {
      full.add(peer);
    } else {
      full.remove(peer);
    }
  }

  /** This node does not lead. */
  void clear() {
    full.clear();
  }

  /** Why no entry would be agreed on now; null if one may be. */
  public @Nullable DiskFullException problem() {
    if (full.isEmpty()) {
      return null;
    }
    Voters present = voters.get();
    if (present.isMajority(voter -> !full.contains(voter))) {
      return null;
    }
    List<String> without = present.all().stream().filter(full::contains).toList();
    return new DiskFullException(
        ("the disks of nodes %s have no room for entries (half of storage.disk-reserve), and without"
                + " them there is no majority that takes any")
            .formatted(String.join(", ", without)));
  }
}
