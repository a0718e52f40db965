package io.troika.server.raft;

import io.troika.server.service.ports.ClusterControl;
import io.troika.server.service.ports.MembershipControl;
import io.troika.server.service.ports.ReplicatedLog;

/** One node's part in one Raft group, as the rest of the server sees it. Safe for any thread. */
public interface RaftGroup {
  String name();

  ReplicatedLog log();

  /** What operators may do to it. */
  ClusterControl cluster();

  /** Who belongs to it. */
  MembershipControl membership();
}
