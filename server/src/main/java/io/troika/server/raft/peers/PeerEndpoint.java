package io.troika.server.raft.peers;

import io.troika.server.core.model.LogPosition;
import io.troika.server.service.ports.VotedTransaction;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What a node answers its peers; the other end of {@link PeerTransport}. Safe for any thread. */
public interface PeerEndpoint {

  /** This node's Raft state as it is now. Cheap: it is asked for each shared leadership proof. */
  PeerTransport.PeerState state();

  /** Who this node is, and whom it takes for members. */
  PeerIntroduction introduction();

  /** The leader of {@code term} is about to hand over to this node, where these were voted. */
  void keepVotes(long term, List<VotedTransaction> voted);

  /** Makes a checkpoint for a peer in {@code directory}; see {@code ReplicatedState#checkpoint}. */
  LogPosition checkpoint(Path directory) throws IOException;
}
