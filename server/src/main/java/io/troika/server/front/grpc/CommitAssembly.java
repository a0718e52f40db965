package io.troika.server.front.grpc;

import io.grpc.stub.StreamObserver;
import io.troika.api.v1.CommitRequest;
import io.troika.api.v1.CommitResponse;
import io.troika.server.service.OverloadedException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Takes the parts of one streamed transaction and commits it at the end. One transaction is bounded
 * by what can be committed, all that are being sent by a budget they share.
 *
 * <p>Used by one call, one event at a time.
 */
final class CommitAssembly implements StreamObserver<CommitRequest> {
  /** What all streams of a node may hold before their ends have come. */
  static final long BUDGET_BYTES = 128L << 20;

  /**
   * Parts of one transaction: each costs something even when it is empty, which the size in bytes
   * would never say.
   */
  static final int PARTS_MAX = 10_000;

  private final CommitCalls calls;
  private final StreamObserver<CommitResponse> observer;
  private final int bytesMax;
  private final AtomicLong budget;

  private @Nullable CommitParts parts;
  private long receivedBytes;
  private int partCount;
  private boolean ended;

  /**
   * @param bytesMax the largest transaction
   * @param budget bytes that all assemblies may still take; shared
   */
  CommitAssembly(
      CommitCalls calls, StreamObserver<CommitResponse> observer, int bytesMax, AtomicLong budget) {
    this.calls = calls;
    this.observer = observer;
    this.bytesMax = bytesMax;
    this.budget = budget;
  }

  @Override
  public void onNext(CommitRequest part) {
    if (ended) {
      return; // what was under way when the call failed
    }
    try {
      add(part);
    } catch (RuntimeException e) {
      end();
      observer.onError(e);
    }
  }

  private void add(CommitRequest part) {
    int sizeBytes = part.getSerializedSize();
    receivedBytes += sizeBytes;
    partCount++;
    if (budget.addAndGet(-sizeBytes) < 0) {
      throw new OverloadedException(
          "transactions that are being sent fill %s bytes".formatted(BUDGET_BYTES));
    }
    if (receivedBytes > bytesMax || partCount > PARTS_MAX) {
      throw ErrorMapping.tooLarge(
          ("%s bytes in %s parts so far, the limit of a log entry is %s bytes (and %s parts); more"
                  + " has to be staged ahead")
              .formatted(receivedBytes, partCount, bytesMax, PARTS_MAX),
          bytesMax,
          receivedBytes);
    }
    if (parts == null) {
      parts = new CommitParts(part);
    } else {
      parts.add(part);
    }
  }

  /** The client gave up. */
  @Override
  public void onError(Throwable failure) {
    end();
  }

  @Override
  public void onCompleted() {
    if (ended) {
      return;
    }
    CommitParts whole = parts;
    end();
    if (whole == null) {
      observer.onError(new IllegalArgumentException("a transaction needs at least one part"));
    } else {
      calls.commit(whole, observer);
    }
  }

  private void end() {
    if (!ended) {
      ended = true;
      parts = null;
      budget.addAndGet(receivedBytes);
    }
  }
}
