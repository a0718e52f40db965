package io.troika.server.node;

import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.PeerEndpoint;
import io.troika.server.raft.PeerIntroduction;
import io.troika.server.raft.PeerTransport.PeerState;
import io.troika.server.service.VotedTransaction;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Answers peers that this node is starting, until Raft has started and answers itself. */
final class StartingEndpoint implements PeerEndpoint {
  private volatile @Nullable PeerEndpoint raft;

  void started(PeerEndpoint endpoint) {
    raft = endpoint;
  }

  @Override
  public PeerState state() {
    return endpoint().state();
  }

  @Override
  public PeerIntroduction introduction() {
    return endpoint().introduction();
  }

  @Override
  public void keepVotes(long term, List<VotedTransaction> voted) {
    endpoint().keepVotes(term, voted);
  }

  private PeerEndpoint endpoint() {
    PeerEndpoint endpoint = raft;
    if (endpoint == null) {
      throw new IllegalStateException("this node is starting");
    }
    return endpoint;
  }

  @Override
  public LogPosition checkpoint(Path directory) throws IOException {
    PeerEndpoint endpoint = raft;
    if (endpoint == null) {
      throw new IOException("this node is starting");
    }
    return endpoint.checkpoint(directory);
  }
}
