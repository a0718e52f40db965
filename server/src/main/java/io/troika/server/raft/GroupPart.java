package io.troika.server.raft;

import io.troika.server.raft.diskspace.DiskHandOver;
import io.troika.server.raft.replication.SilenceWatch;
import java.util.Optional;

/**
 * This node's part in one group, with what looks after it.
 *
 * @param follower of the members of {@code g0}; none for {@code g0} itself
 */
record GroupPart(
    GroupStart start,
    SilenceWatch silenceWatch,
    DiskHandOver diskHandOver,
    Optional<FollowedMembers> follower) {

  RaftGroupNode node() {
    return start.node();
  }

  /** Once Ratis has been told of the group. */
  void watch() {
    silenceWatch.start();
    follower.ifPresent(FollowedMembers::start);
  }

  void stopWatching() {
    silenceWatch.stop();
    follower.ifPresent(FollowedMembers::stop);
  }
}
