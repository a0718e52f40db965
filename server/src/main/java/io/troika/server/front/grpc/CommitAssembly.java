package io.troika.server.front.grpc;

import io.grpc.stub.StreamObserver;
import io.troika.api.v1.CommitRequest;
import io.troika.api.v1.CommitResponse;
import io.troika.server.core.command.Command.CommitTogether;
import io.troika.server.core.model.Checks;
import io.troika.server.service.refusals.OverloadedException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Takes the parts of one streamed transaction, of one storage or of several, and commits it at the
 * end. One transaction is bounded by what can be committed, all that are being sent by a budget
 * they share.
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

  enum Kind {
    ONE_STORAGE,
    /** A part that names a storage begins what is done in it. */
    SEVERAL_STORAGES
  }

  private final Kind kind;
  private final CommitCalls calls;
  private final StreamObserver<CommitResponse> observer;
  private final int bytesMax;
  private final AtomicLong budget;

  private final List<CommitParts> shares = new ArrayList<>(1);
  private long receivedBytes;
  private int partCount;
  private boolean ended;

  /**
   * @param bytesMax the largest transaction
   * @param budget bytes that all assemblies may still take; shared
   */
  CommitAssembly(
      Kind kind,
      CommitCalls calls,
      StreamObserver<CommitResponse> observer,
      int bytesMax,
      AtomicLong budget) {
    this.kind = kind;
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
    if (shares.isEmpty()) {
      shares.add(new CommitParts(part));
    } else if (kind == Kind.SEVERAL_STORAGES && !part.getStorage().isEmpty()) {
      Checks.requireArgument(
          shares.size() < CommitTogether.STORAGES_MAX,
          "a transaction over more than %s storages",
          CommitTogether.STORAGES_MAX);
      shares.add(shares.get(0).next(part));
    } else {
      shares.get(shares.size() - 1).add(part);
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
    List<CommitParts> whole = List.copyOf(shares);
    end();
    if (whole.isEmpty()) {
      observer.onError(new IllegalArgumentException("a transaction needs at least one part"));
    } else if (kind == Kind.SEVERAL_STORAGES) {
      calls.commitTogether(whole, observer);
    } else {
      calls.commit(whole.get(0), observer);
    }
  }

  /** Gives the budget back; what comes afterwards is ignored. */
  void end() {
    if (!ended) {
      ended = true;
      shares.clear();
      budget.addAndGet(receivedBytes);
    }
  }
}
