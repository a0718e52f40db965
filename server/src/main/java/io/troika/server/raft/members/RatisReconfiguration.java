package io.troika.server.raft.members;

import io.troika.server.raft.division.DivisionView;
import io.troika.server.raft.division.GroupPeers;
import io.troika.server.raft.peers.Membership;
import io.troika.server.service.refusals.LaggingException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.apache.ratis.protocol.exceptions.NotLeaderException;
import org.apache.ratis.protocol.exceptions.ReconfigurationInProgressException;
import org.apache.ratis.protocol.exceptions.ReconfigurationTimeoutException;
import org.apache.ratis.server.RaftServer;
import org.jspecify.annotations.Nullable;

/** Has Ratis change the group's members, if they still are those that the change was decided on. */
public final class RatisReconfiguration implements MemberChanges.Reconfiguration {
  private final DivisionView view;
  private final Executor executor;
  private final ClientId client = ClientId.randomId();
  private final AtomicLong lastCallId = new AtomicLong();

  public RatisReconfiguration(DivisionView view, Executor executor) {
    this.view = view;
    this.executor = executor;
  }

  @Override
  public CompletableFuture<Void> replace(Membership present, Membership next) {
    return CompletableFuture.completedFuture(next)
        .thenComposeAsync(wanted -> request(present, wanted), executor)
        .thenAccept(RatisReconfiguration::requireSuccess);
  }

  private CompletableFuture<RaftClientReply> request(Membership present, Membership next) {
    RaftServer.Division division = view.division();
    // Those who stay, exactly as they are in the log.
    List<RaftPeer> before = List.copyOf(division.getRaftConf().getCurrentPeers());
    List<RaftPeer> after =
        GroupPeers.toPeers(next.members()).stream()
            .map(
                peer ->
                    before.stream()
                        .filter(known -> known.getId().equals(peer.getId()))
                        .filter(known -> !String.valueOf(known.getClientAddress()).isEmpty())
                        .findFirst()
                        .orElse(peer))
            .toList();
    SetConfigurationRequest.Arguments arguments =
        SetConfigurationRequest.Arguments.newBuilder()
            .setMode(SetConfigurationRequest.Mode.COMPARE_AND_SET)
            .setServersInCurrentConf(GroupPeers.toPeers(present.members()))
            .setServersInNewConf(after)
            .build();
    try {
      return division
          .getRaftServer()
          .setConfigurationAsync(
              new SetConfigurationRequest(
                  client,
                  division.getId(),
                  division.getMemberId().getGroupId(),
                  lastCallId.incrementAndGet(),
                  arguments));
    } catch (IOException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static void requireSuccess(RaftClientReply reply) {
    if (!reply.isSuccess()) {
      LaggingException failure = new LaggingException(reason(reply.getException()));
      failure.initCause(reply.getException());
      throw failure;
    }
  }

  private static String reason(@Nullable Throwable cause) {
    if (cause instanceof ReconfigurationTimeoutException) {
      return "the node that joins did not catch up: the leader heard nothing of it for too long. The"
          + " members are as they were; look at that node's log, and try again";
    }
    if (cause instanceof ReconfigurationInProgressException) {
      return "an earlier change is not committed yet; the members are as they were. Try again";
    }
    if (cause instanceof NotLeaderException) {
      return "leadership has passed on meanwhile. See who the members are, and try again";
    }
    return "the members may have changed meanwhile; see who they are, and try again (%s)"
        .formatted(cause);
  }
}
