package io.troika.client;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

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

  /** The same in another Raft group. */
  LeaderInfo transferLeadership(String group, String targetNodeId);

  /**
   * Begins another Raft group on all members, or does nothing if there is one of that name; returns
   * once it has a leader. It has a log of its own, so what is committed there does not wait for
   * what is committed elsewhere, and its leader may be another node. While members are being
   * changed it is tried again, until the time of a call is over.
   *
   * @param name 1 to 32 of a-z, 0-9 and -, a letter first
   * @throws InvalidRequestException if there are too many, one of that name was dropped, or a
   *     member does not answer or does not know groups
   */
  void createGroup(String name);

  /**
   * Drops a Raft group in which no storage is; each node deletes what it has of it. Done if there
   * is none of that name, which no group gets again.
   *
   * @throws InvalidRequestException if a storage is in it, or it is the one that the cluster began
   *     with
   */
  void dropGroup(String name);

  /**
   * Adds a node that was started with {@code raft.join}. Answers once that has begun, after some
   * seconds at most; {@link #nodeChange} tells how far it is. The same call again joins the change,
   * or is answered as done. An {@link InvalidRequestException} says what speaks against it.
   *
   * @param peerAddress of its peer port, as in its configuration
   */
  NodeChange addNode(String nodeId, String peerAddress);

  /**
   * Removes a member; done at once for one that is none. As {@link #addNode} otherwise.
   *
   * @param fewerThanThree whether fewer than three may be left
   */
  NodeChange removeNode(String nodeId, boolean fewerThanThree);

  /** Takes a node in for another, which may be dead for good. As {@link #addNode} otherwise. */
  NodeChange replaceNode(String leaving, String joining, String peerAddress);

  /**
   * The newest change that the leader was asked for; empty also when another node leads by now:
   * then ask for the change again.
   */
  Optional<NodeChange> nodeChange();

  /**
   * Makes what the given node has applied durable now, in all groups; its logs may be purged up to
   * there.
   *
   * @return how far that is in the group that the cluster began with
   */
  SnapshotPosition takeSnapshot(String address);

  /** The same in one Raft group only, and how far that is. */
  SnapshotPosition takeSnapshot(String address, String group);

  /**
   * Compares the digests of all replicas of a storage at its newest tid. Reads everything: slow, so
   * it has a time-out of its own.
   */
  VerifyReport verify(String storage, Duration timeout);

  /** The digest of one replica. As slow as {@link #verify}. */
  StorageDigest digest(String storage, String address, Duration timeout);

  /**
   * Begins to remove what only a state before {@code horizon} shows, and answers at once; the pack
   * goes on by itself, whoever leads. The same call again joins it. An {@link
   * InvalidRequestException} while another pack of the storage is running.
   *
   * @param horizon of each object the newest revision up to it stays; {@link Tid#MAX}: pack all
   *     that is not current
   * @param collectGarbage whether objects that cannot be reached from the root go too. Only for
   *     storages of ZODB programs: what others wrote cannot be read, and then all stays. No client
   *     is told of them: one that has such an object in its cache goes on seeing it
   */
  PackStatus pack(String storage, Tid horizon, boolean collectGarbage);

  /**
   * The same.
   *
   * @param by who asks, such as {@code ops@host}: shown with the job in status and on the status
   *     page
   */
  PackStatus pack(String storage, Tid horizon, boolean collectGarbage, String by);

  /** How far the newest pack is; empty if the storage was never packed. */
  Optional<PackStatus> packStatus(String storage);

  /** All storages, ordered by name. */
  List<StorageInfo> storages();

  /** Creates a storage, or answers the one of that name. */
  StorageInfo createStorage(String name);

  /**
   * Creates a storage in a Raft group, or answers the one that is there. Transactions over several
   * storages are for those of one group.
   *
   * @throws InvalidRequestException if there is no such group, or one of that name in another group
   */
  StorageInfo createStorage(String name, String group);

  /**
   * Lets one storage take the place of another, as the next epoch of its history, at once. Whoever
   * cached something of the old one, by this client, another or ZEO, drops it. The old one is gone.
   *
   * @return the first transaction of the new epoch, newer than all that either had
   * @throws InvalidRequestException if the storages are not as the replacement says
   */
  Tid replaceStorage(StorageReplacement replacement);

  /**
   * Drops a storage with all that is in it; the space is given back later.
   *
   * @param epoch which it is in
   * @throws InvalidRequestException if it is in another epoch
   */
  void dropStorage(String name, long epoch);

  /**
   * Gives a storage another name.
   *
   * @throws InvalidRequestException if that is taken
   */
  StorageInfo renameStorage(String name, String newName);

  /**
   * Says how large a storage may become; see {@link StorageInfo#sizeBytes}. What would make it
   * larger is refused from then on ({@link QuotaExceededException}) until there is room.
   *
   * @param bytes 0 or more; empty: as large as it likes
   */
  StorageInfo setQuota(String name, OptionalLong bytes);

  /**
   * Makes a new token. Its secret is made here, of 256 random bits, and no node ever sees it before
   * it is used: what is answered is the only copy.
   *
   * @param grant of kind TOKEN
   * @return what {@link TroikaClient.Builder#token} takes
   * @throws InvalidRequestException if there is a token of that name
   */
  String createToken(AccessGrant grant);

  /** Says what a certificate may do, in place of what it could. Of kind CERTIFICATE. */
  void grant(AccessGrant grant);

  /**
   * Takes back what was granted; watches that are open go on until they end.
   *
   * @return false: there was no such grant
   */
  boolean revoke(AccessGrant.Kind kind, String name);

  /**
   * Says how far something is that this client does, for people who look at the cluster. To be
   * called at its begin, each second or so, and at its end: the leader hears it, and when it hears
   * nothing more for half a minute takes it for dead.
   */
  void reportJob(Job job);

  /** All grants, tokens first, then by name. */
  List<AccessGrant> grants();
}
