package io.troika.server.peer;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.peer.v1.Answer;
import io.troika.server.peer.v1.CheckpointPart;
import io.troika.server.peer.v1.FetchCheckpointRequest;
import io.troika.server.peer.v1.Hello;
import io.troika.server.peer.v1.PeerGrpc;
import io.troika.server.peer.v1.Question;
import io.troika.server.raft.peers.PeerEndpoints;
import io.troika.server.raft.peers.PeerTransport;
import java.nio.file.Path;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicLong;

/** The calls of the private protocol. Runs on the network's threads and blocks none of them. */
final class PeerService extends PeerGrpc.PeerImplBase {
  private final String nodeId;
  private final Path directory;
  private final PeerEndpoints endpoints;
  private final PeerTransport transport;
  private final PeerSettings settings;
  private final ThreadPoolExecutor senders;
  private final AtomicLong checkpoints = new AtomicLong();

  /**
   * Prepares the calls.
   *
   * @param directory exists; a checkpoint gets a folder of its own in it
   * @param senders runs what it takes at once or refuses it
   */
  PeerService(
      String nodeId,
      Path directory,
      PeerEndpoints endpoints,
      PeerTransport transport,
      PeerSettings settings,
      ThreadPoolExecutor senders) {
    this.nodeId = nodeId;
    this.directory = directory;
    this.endpoints = endpoints;
    this.transport = transport;
    this.settings = settings;
    this.senders = senders;
  }

  @Override
  public StreamObserver<Question> converse(StreamObserver<Answer> answers) {
    Interview interview =
        new Interview(nodeId, endpoints, transport, (ServerCallStreamObserver<Answer>) answers);
    interview.start();
    return interview;
  }

  @Override
  public void fetchCheckpoint(
      FetchCheckpointRequest request, StreamObserver<CheckpointPart> parts) {
    Hello hello = request.getHello();
    if (!hello.getTo().equals(nodeId)) {
      parts.onError(notThisNode(nodeId, hello));
      return;
    }
    if (request.getHaveCount() > IncomingCheckpoint.HAVE_MAX) {
      parts.onError(
          Status.INVALID_ARGUMENT
              .withDescription(
                  "have: expected at most %d files, found %d"
                      .formatted(IncomingCheckpoint.HAVE_MAX, request.getHaveCount()))
              .asException());
      return;
    }
    Path place = directory.resolve("checkpoint-" + checkpoints.incrementAndGet());
    CheckpointSender sender =
        new CheckpointSender(
            endpoints, place, request, (ServerCallStreamObserver<CheckpointPart>) parts, settings);
    try {
      senders.execute(sender);
    } catch (RejectedExecutionException busy) {
      parts.onError(
          Status.RESOURCE_EXHAUSTED
              .withDescription(
                  "node %s sends %d checkpoints already"
                      .formatted(nodeId, settings.checkpointStreamsMax()))
              .withCause(busy)
              .asException());
    }
  }

  /** The group that a message names. */
  static String groupOf(String named) {
    return named.isEmpty() ? GroupInfo.MAIN : named;
  }

  static Exception notThisNode(String nodeId, Hello hello) {
    return Status.FAILED_PRECONDITION
        .withDescription("this is node %s, asked for was '%s'".formatted(nodeId, hello.getTo()))
        .asException();
  }
}
