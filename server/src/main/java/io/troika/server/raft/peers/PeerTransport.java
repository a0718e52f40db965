package io.troika.server.raft.peers;

import io.troika.server.config.HostAndPort;
import io.troika.server.core.model.LogPosition;
import io.troika.server.service.ports.VotedTransaction;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * What a node asks of its peers beside the Raft protocol itself. Peers are named by node id.
 * Futures fail with any exception when the peer did not answer; they always complete within the
 * given time.
 */
public interface PeerTransport extends AutoCloseable {

  /** The peer's Raft state, read when the question arrived there. */
  CompletableFuture<PeerState> state(String peer, Duration timeout);

  /** Who the peer is, and whom it takes for members. Asked rarely. */
  CompletableFuture<PeerIntroduction> introduction(String peer, Duration timeout);

  /**
   * Tells the peer, which is to lead next, what was voted under this leader.
   *
   * @param term in which this node leads
   */
  CompletableFuture<Void> keepVotes(
      String peer, long term, List<VotedTransaction> voted, Duration timeout);

  /**
   * From now on these are the peers, at these addresses of theirs for peers; this node's own is
   * ignored. Connections to the ones that stay are kept, those to the others end without being
   * reported as lost.
   */
  void setPeers(Map<String, HostAndPort> addresses);

  /**
   * Asks {@code witness} whether it too finds {@code suspect} dead: nothing listens on its address
   * any more (connection refused). A peer that hangs or can't be reached is not dead in this sense.
   */
  CompletableFuture<Boolean> findsDead(String witness, String suspect, Duration timeout);

  /** Looks for itself whether {@code suspect} is dead, in the sense of {@link #findsDead}. */
  CompletableFuture<Boolean> probeDead(String suspect, Duration timeout);

  /**
   * Called (on a thread of the transport, which must not be blocked) each time the idle connection
   * that is kept to a peer breaks.
   */
  void onConnectionLost(Consumer<String> listener);

  /**
   * Fetches a checkpoint of the peer's state into {@code into} (created; what an interrupted fetch
   * left there is reused). Every file and the directory are fsynced before the future completes.
   *
   * @param timeout without progress, not in all
   * @return the checkpoint's position
   */
  CompletableFuture<LogPosition> fetchCheckpoint(String peer, Path into, Duration timeout);

  /** That node has called this one by its id. */
  default void heardFrom(String peer) {}

  /**
   * The same peers, asked about another Raft group than {@code g0}. Who they are is said, and they
   * are closed, by the part for {@code g0} alone: {@link #setPeers} and {@link #close} do nothing
   * here.
   */
  PeerTransport inGroup(String group);

  @Override
  void close();

  /**
   * A peer's Raft state.
   *
   * @param term its current term; of one that has lost its vote and kept its log, the term of the
   *     last entry; 0 of one that has no log
   * @param lastEntry the last entry in its log, or the position of its state if that is all it has
   * @param committedIndex its commit index, -1 if it knows none
   * @param applied what its state shows
   * @param leader the node it takes for the leader of {@code term}, empty if none
   * @param voter whether it may vote
   * @param snapshotIndex what is durable in its state, -1 before the first snapshot
   * @param diskBytes state and log together, as of some seconds ago; -1 when unknown
   * @param startedMillis since when it runs, by its own clock, in milliseconds since 1970
   * @param full whether it takes no entries for lack of room on its disk
   * @param clockMillis what its clock shows, right or wrong, in milliseconds since 1970; 0 from one
   *     that does not tell
   */
  record PeerState(
      long term,
      LogPosition lastEntry,
      long committedIndex,
      LogPosition applied,
      String leader,
      boolean voter,
      long snapshotIndex,
      long diskBytes,
      long startedMillis,
      boolean full,
      long clockMillis) {

    /** Of a peer that has room, and tells nothing of its disk, its age and its clock. */
    public PeerState(
        long term,
        LogPosition lastEntry,
        long committedIndex,
        LogPosition applied,
        String leader,
        boolean voter) {
      this(term, lastEntry, committedIndex, applied, leader, voter, -1, -1, 0, false, 0);
    }

    /** Whether all that it ever acknowledged is there, even if it may not vote. */
    public boolean hasLog() {
      return voter || term > 0;
    }
  }
}
