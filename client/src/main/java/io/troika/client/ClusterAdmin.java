package io.troika.client;

import java.time.Duration;
import java.util.List;

/**
 * What operators see and do. Safe for any thread. Nodes are named by their client address
 * (host:port) where one is meant.
 */
public interface ClusterAdmin {

  /** All members, as the first node that answers sees them; also without a quorum. */
  ClusterStatus status();

  /** All members, as the given node sees them. */
  ClusterStatus statusOf(String address);

  /**
   * Ends the leadership of who leads now; returns when another leader is known. An answer that is
   * lost on the way does not make it happen twice.
   *
   * @param targetNodeId a voter; empty: the follower that is furthest
   * @throws InvalidRequestException if there is no such voter
   */
  LeaderInfo transferLeadership(String targetNodeId);

  /** Makes what the given node has applied durable now; its log may be purged up to there. */
  SnapshotPosition takeSnapshot(String address);

  /**
   * Compares the digests of all replicas of a storage at its newest tid. Reads everything: slow, so
   * it has a time-out of its own.
   */
  VerifyReport verify(String storage, Duration timeout);

  /** The digest of one replica. As slow as {@link #verify}. */
  StorageDigest digest(String storage, String address, Duration timeout);

  /** All storages, ordered by name. */
  List<StorageInfo> storages();

  /** Creates a storage, or answers the one of that name. */
  StorageInfo createStorage(String name);
}
