package io.troika.server.peer;

import io.grpc.ManagedChannel;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.troika.server.peer.v1.Answer;
import io.troika.server.peer.v1.Hello;
import io.troika.server.peer.v1.PeerGrpc;
import io.troika.server.peer.v1.Question;
import io.troika.server.raft.threads.TaskTimer;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One connection to a peer, from its opening to its end, with the questions asked over it. Safe for
 * any thread. Ends once; then every open question fails.
 *
 * <p>One stream carries all questions because a call of its own for each costs HTTP/2 headers on
 * both sides, and because the stream's end is the sign that {@link
 * io.troika.server.raft.peers.PeerTransport#onConnectionLost} reports.
 */
final class Conversation {
  /** Time-outs are looked for this often while questions are open; a timer for each costs more. */
  static final Duration SWEEP = Duration.ofMillis(20);

  private static final long HELLO_ID = 0;

  private final Hello hello;
  private final ManagedChannel channel;
  private final PeerSettings settings;
  private final TaskTimer timer;
  private final Listener listener;
  private final Requests requests = new Requests();

  private final Map<Long, OpenQuestion> open = new ConcurrentHashMap<>();
  private final AtomicLong lastId = new AtomicLong(HELLO_ID);
  private final AtomicBoolean sweeping = new AtomicBoolean();
  private final AtomicBoolean ended = new AtomicBoolean();
  private volatile boolean greeted;

  /** Hears of the two things that happen to it, on threads that it must not block. */
  interface Listener {
    /** The peer has greeted: questions can be asked. */
    void greeted(Conversation conversation);

    /** Called once, greeted or not. */
    void ended(Conversation conversation, IOException cause);
  }

  private record OpenQuestion(CompletableFuture<Answer> answer, long deadlineNanos) {}

  /**
   * Not opened yet.
   *
   * @param hello what this node says first
   * @param channel becomes the conversation's own
   */
  Conversation(
      Hello hello,
      ManagedChannel channel,
      PeerSettings settings,
      TaskTimer timer,
      Listener listener) {
    this.hello = hello;
    this.channel = channel;
    this.settings = settings;
    this.timer = timer;
    this.listener = listener;
  }

  /** Connects and greets. */
  void start() {
    var unused = PeerGrpc.newStub(channel).converse(requests);
    requests.send(Question.newBuilder().setId(HELLO_ID).setHello(hello).build());
    timer.schedule(
        () -> {
          if (!greeted) {
            end(new IOException("peer %s has not greeted in time".formatted(hello.getTo())));
          }
        },
        settings.connectTimeout());
  }

  /** Whether the peer has greeted and the connection has not ended. */
  boolean isUp() {
    return greeted && !ended.get();
  }

  /** Asks; the question gets its id here. Fails when the conversation is not up. */
  CompletableFuture<Answer> ask(Question.Builder question, Duration timeout) {
    if (!isUp()) {
      return CompletableFuture.failedFuture(notConnected());
    }
    if (open.size() >= settings.questionsMax() || !requests.isReady()) {
      return CompletableFuture.failedFuture(
          new IOException(
              "peer %s takes no more questions, %d are open"
                  .formatted(hello.getTo(), open.size())));
    }
    long id = lastId.incrementAndGet();
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    open.put(id, new OpenQuestion(answer, timer.nanoTime() + timeout.toNanos()));
    try {
      requests.send(question.setId(id).build());
    } catch (IllegalStateException over) {
      fail(id, new IOException("peer %s: the connection has ended".formatted(hello.getTo()), over));
    }
    if (ended.get()) {
      // It may have ended after the look above and before this question was noted.
      fail(id, notConnected());
    }
    sweepSoon(timeout);
    return answer;
  }

  private IOException notConnected() {
    return new IOException("peer %s is not connected".formatted(hello.getTo()));
  }

  private void fail(long id, Exception cause) {
    OpenQuestion question = open.remove(id);
    if (question != null) {
      question.answer.completeExceptionally(cause);
    }
  }

  private void sweepSoon(Duration timeout) {
    if (!open.isEmpty() && sweeping.compareAndSet(false, true)) {
      timer.schedule(this::sweep, timeout.compareTo(SWEEP) < 0 ? timeout : SWEEP);
    }
  }

  private void sweep() {
    long now = timer.nanoTime();
    open.forEach(
        (id, question) -> {
          if (question.deadlineNanos - now <= 0) {
            fail(id, new TimeoutException("peer %s gave no answer".formatted(hello.getTo())));
          }
        });
    sweeping.set(false);
    sweepSoon(SWEEP);
  }

  private void answered(Answer answer) {
    if (answer.getId() == HELLO_ID) {
      greet(answer);
      return;
    }
    OpenQuestion question = open.remove(answer.getId());
    // None: it came too late, and whoever asked knows already.
    if (question != null) {
      if (answer.getSaidCase() == Answer.SaidCase.REFUSED) {
        question.answer.completeExceptionally(
            new IOException("peer %s refused: %s".formatted(hello.getTo(), answer.getRefused())));
      } else {
        question.answer.complete(answer);
      }
    }
  }

  private void greet(Answer answer) {
    if (!answer.hasHello() || !answer.getHello().getFrom().equals(hello.getTo())) {
      end(
          new IOException(
              "expected peer %s, found %s".formatted(hello.getTo(), answer.getHello().getFrom())));
    } else if (!greeted) {
      greeted = true;
      listener.greeted(this);
    }
  }

  /** Ends it; only the first time counts. */
  void end(IOException cause) {
    if (!ended.compareAndSet(false, true)) {
      return;
    }
    channel.shutdownNow();
    open.keySet().forEach(id -> fail(id, cause));
    listener.ended(this, cause);
  }

  /** Whether it ever was up. */
  boolean wasGreeted() {
    return greeted;
  }

  /** The stream's two directions; what is sent is serialized by a lock, as gRPC asks. */
  private final class Requests implements ClientResponseObserver<Question, Answer> {
    private @Nullable ClientCallStreamObserver<Question> call;

    @Override
    public void beforeStart(ClientCallStreamObserver<Question> call) {
      this.call = call;
    }

    boolean isReady() {
      return call != null && call.isReady();
    }

    void send(Question question) {
      synchronized (this) {
        if (call != null) {
          call.onNext(question);
        }
      }
    }

    @Override
    public void onNext(Answer answer) {
      answered(answer);
    }

    @Override
    public void onError(Throwable cause) {
      end(new IOException("peer %s: the connection is lost".formatted(hello.getTo()), cause));
    }

    @Override
    public void onCompleted() {
      end(new IOException("peer %s has ended the connection".formatted(hello.getTo())));
    }
  }
}
