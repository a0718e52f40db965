package io.troika.server.raft.replication;

import java.io.IOException;
import java.net.ConnectException;
import org.apache.ratis.proto.RaftProtos.RaftGroupIdProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.ReadIndexRequestProto;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerRpc;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ratis's own connection from this node to a peer. */
public final class RaftConnection {
  private static final Logger log = LoggerFactory.getLogger(RaftConnection.class);

  private RaftConnection() {}

  /**
   * Drops the connection with its growing pauses, and makes a new one at once: Ratis would only do
   * that with the first request for a vote, in the middle of a fail-over. Connects by a question
   * that a follower answers without doing anything.
   */
  public static void renew(RaftServer server, RaftGroupId group, RaftPeer peer) {
    RaftPeerId id = peer.getId();
    RaftServerRpc rpc = server.getServerRpc();
    // Ratis knows it a moment after the start only.
    rpc.addRaftPeers(peer);
    rpc.handleException(id, new ConnectException("was down"), true);
    ReadIndexRequestProto question =
        ReadIndexRequestProto.newBuilder()
            .setServerRequest(
                RaftRpcRequestProto.newBuilder()
                    .setRequestorId(server.getId().toByteString())
                    .setReplyId(id.toByteString())
                    .setRaftGroupId(RaftGroupIdProto.newBuilder().setId(group.toByteString())))
            .build();
    try {
      var unused =
          rpc.async()
              .readIndexAsync(question)
              .whenComplete(
                  (reply, failure) -> {
                    if (failure != null) {
                      log.debug("peer {} does not answer yet: {}", id, failure.toString());
                    }
                  });
    } catch (IOException e) {
      log.debug("peer {} can't be asked: {}", id, e.toString());
    }
  }
}
