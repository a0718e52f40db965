package io.troika.server.peer;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.troika.server.peer.v1.Answer;
import io.troika.server.peer.v1.FindsDeadAnswer;
import io.troika.server.peer.v1.FindsDeadQuestion;
import io.troika.server.peer.v1.Hello;
import io.troika.server.peer.v1.KeepVotes;
import io.troika.server.peer.v1.Question;
import io.troika.server.peer.v1.VotesKept;
import io.troika.server.raft.peers.PeerEndpoint;
import io.troika.server.raft.peers.PeerEndpoints;
import io.troika.server.raft.peers.PeerTransport;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * The answering side of one conversation. Questions come on one thread of the network; answers that
 * take time come from others. While the peer takes no answers, no more of its questions are read.
 */
final class Interview implements StreamObserver<Question> {
  private final String nodeId;
  private final PeerEndpoints endpoints;
  private final PeerTransport transport;
  private final ServerCallStreamObserver<Answer> peer;

  // Guarded by this.
  private boolean greeted;
  private boolean over;
  private boolean owesRequest;

  Interview(
      String nodeId,
      PeerEndpoints endpoints,
      PeerTransport transport,
      ServerCallStreamObserver<Answer> peer) {
    this.nodeId = nodeId;
    this.endpoints = endpoints;
    this.transport = transport;
    this.peer = peer;
  }

  /** Takes the stream over; to be called inside the call's handler. */
  void start() {
    peer.disableAutoRequest();
    peer.setOnReadyHandler(this::readOnceReady);
    peer.setOnCancelHandler(() -> onError(Status.CANCELLED.asException()));
    peer.request(1);
  }

  @Override
  public void onNext(Question question) {
    switch (question.getAskedCase()) {
      case HELLO -> greet(question.getId(), question.getHello());
      case STATE -> answerState(question.getId(), question.getState().getGroup());
      case INTRODUCTION ->
          answerIntroduction(question.getId(), question.getIntroduction().getGroup());
      case KEEP_VOTES -> keepVotes(question.getId(), question.getKeepVotes());
      case FINDS_DEAD -> answerFindsDead(question.getId(), question.getFindsDead());
      case ASKED_NOT_SET -> refuse(question.getId(), "this node does not know the question");
    }
    readNext();
  }

  private void greet(long id, Hello hello) {
    boolean again;
    synchronized (this) {
      again = greeted;
      greeted = true;
    }
    if (again || hello.getFrom().isEmpty() || !hello.getTo().equals(nodeId)) {
      end(PeerService.notThisNode(nodeId, hello));
      return;
    }
    transport.heardFrom(hello.getFrom());
    Hello back = Hello.newBuilder().setFrom(nodeId).setTo(hello.getFrom()).build();
    say(Answer.newBuilder().setId(id).setHello(back).build());
  }

  private void answerState(long id, String group) {
    answer(id, answer -> answer.setState(Messages.toMessage(endpoint(group).state())));
  }

  private void answerIntroduction(long id, String group) {
    answer(
        id,
        answer -> answer.setIntroduction(Introductions.toMessage(endpoint(group).introduction())));
  }

  private PeerEndpoint endpoint(String group) {
    return endpoints.of(PeerService.groupOf(group));
  }

  private void keepVotes(long id, KeepVotes votes) {
    answer(
        id,
        answer -> {
          endpoint(votes.getGroup()).keepVotes(votes.getTerm(), Votes.fromMessage(votes));
          answer.setVotesKept(VotesKept.getDefaultInstance());
        });
  }

  private void answer(long id, Consumer<Answer.Builder> content) {
    Answer.Builder answer = Answer.newBuilder().setId(id);
    try {
      content.accept(answer);
    } catch (RuntimeException stopped) {
      // A division that is being closed, not yet started, or not there at all knows no state.
      refuse(id, String.valueOf(stopped.getMessage()));
      return;
    }
    say(answer.build());
  }

  private void answerFindsDead(long id, FindsDeadQuestion question) {
    long millis = Integer.toUnsignedLong(question.getTimeoutMs());
    if (millis < 1 || millis > DeathProbe.TIMEOUT_MAX.toMillis()) {
      refuse(id, "timeout_ms: expected 1 to 60000, found " + millis);
      return;
    }
    var unused =
        transport
            .probeDead(question.getSuspect(), Duration.ofMillis(millis))
            .whenComplete(
                (dead, failure) -> {
                  if (dead == null) {
                    refuse(id, String.valueOf(failure.getMessage()));
                  } else {
                    FindsDeadAnswer finding = FindsDeadAnswer.newBuilder().setDead(dead).build();
                    say(Answer.newBuilder().setId(id).setFindsDead(finding).build());
                  }
                });
  }

  private void refuse(long id, String reason) {
    say(Answer.newBuilder().setId(id).setRefused(reason).build());
  }

  private synchronized void say(Answer answer) {
    if (over) {
      return;
    }
    if (!greeted) {
      end(
          Status.FAILED_PRECONDITION
              .withDescription("the first question must be hello")
              .asException());
      return;
    }
    peer.onNext(answer);
  }

  private synchronized void end(Exception cause) {
    if (!over) {
      over = true;
      peer.onError(cause);
    }
  }

  private synchronized void readNext() {
    if (over) {
      return;
    }
    if (peer.isReady()) {
      peer.request(1);
    } else {
      owesRequest = true;
    }
  }

  private synchronized void readOnceReady() {
    if (owesRequest && !over) {
      owesRequest = false;
      peer.request(1);
    }
  }

  @Override
  public synchronized void onError(Throwable cause) {
    over = true;
  }

  @Override
  public synchronized void onCompleted() {
    if (!over) {
      over = true;
      peer.onCompleted();
    }
  }
}
