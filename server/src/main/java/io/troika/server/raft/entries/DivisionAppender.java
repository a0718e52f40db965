package io.troika.server.raft.entries;

import io.troika.server.raft.division.DivisionView;
import io.troika.server.raft.division.RatisBytes;
import io.troika.server.service.refusals.FailureCause;
import io.troika.server.service.refusals.NotLeaderException;
import io.troika.server.service.refusals.OverloadedException;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.ratis.protocol.RaftClientAsynchronousProtocol;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.exceptions.ResourceUnavailableException;
import org.apache.ratis.server.RaftServer;

/**
 * Submits entries to the division in this process, in the calling thread: through {@code
 * RaftServer} each would pass a pool that its caller waits for.
 */
public final class DivisionAppender implements EntryBatcher.Appender {
  private final DivisionView view;

  public DivisionAppender(DivisionView view) {
    this.view = view;
  }

  @Override
  public CompletableFuture<Void> append(PendingEntry pending, byte[] entry) {
    RaftServer.Division division = view.division();
    RaftClientRequest request =
        RaftClientRequest.newBuilder()
            .setClientId(pending.client())
            .setServerId(division.getId())
            .setGroupId(division.getMemberId().getGroupId())
            .setCallId(pending.callId())
            .setMessage(new EntryMessage(pending, RatisBytes.wrap(entry)))
            .setType(RaftClientRequest.writeRequestType())
            .build();
    try {
      return ((RaftClientAsynchronousProtocol) division)
          .submitClientRequestAsync(request)
          .thenAccept(DivisionAppender::requireSuccess);
    } catch (IOException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static void requireSuccess(RaftClientReply reply) {
    if (!reply.isSuccess()) {
      throw new CompletionException(reply.getException());
    }
  }

  /** Overload, or else this node is not the one to ask: not leader, not ready, leaving, closed. */
  @Override
  public RuntimeException refusal(Throwable cause) {
    Throwable root = FailureCause.of(cause);
    RuntimeException refusal =
        root instanceof ResourceUnavailableException
            ? new OverloadedException("the Raft log takes no more entries now")
            : NotLeaderException.elsewhere(view.leadership());
    refusal.initCause(root);
    return refusal;
  }
}
