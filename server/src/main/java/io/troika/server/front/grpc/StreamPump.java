package io.troika.server.front.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import java.util.Iterator;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Sends what an iterator yields, no faster than the client takes it. Whoever finds that it can go
 * on calls {@link #pump}; one thread at a time is at it.
 */
final class StreamPump<M> {
  private final ServerCallStreamObserver<M> observer;
  private final AtomicInteger turn = new AtomicInteger();
  private volatile @Nullable Iterator<M> source;
  private boolean done; // only touched by the thread whose turn it is

  private StreamPump(ServerCallStreamObserver<M> observer) {
    this.observer = observer;
  }

  /** To be called before the method of the call returns. */
  static <M> StreamPump<M> attach(ServerCallStreamObserver<M> observer) {
    StreamPump<M> pump = new StreamPump<>(observer);
    observer.setOnCancelHandler(() -> {});
    observer.setOnReadyHandler(pump::pump);
    return pump;
  }

  /** Begins to send; the iterator is used by one thread at a time. */
  void start(Iterator<M> newSource) {
    source = newSource;
    pump();
  }

  private void pump() {
    if (turn.getAndIncrement() != 0) {
      return;
    }
    int seen = 1;
    do {
      sendWhileReady();
      seen = turn.addAndGet(-seen);
    } while (seen != 0);
  }

  private void sendWhileReady() {
    Iterator<M> messages = source;
    if (messages == null || done) {
      return;
    }
    try {
      while (observer.isReady() && messages.hasNext()) {
        observer.onNext(messages.next());
      }
      if (!observer.isCancelled() && messages.hasNext()) {
        return;
      }
    } catch (RuntimeException e) {
      done = true;
      observer.onError(e);
      return;
    }
    done = true;
    if (!observer.isCancelled()) {
      observer.onCompleted();
    }
  }
}
