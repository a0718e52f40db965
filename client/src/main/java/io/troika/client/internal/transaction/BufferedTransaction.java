package io.troika.client.internal.transaction;

import io.troika.client.Tid;
import io.troika.client.Transaction;
import io.troika.client.TransactionOptions;
import io.troika.client.internal.Futures;
import java.util.concurrent.CompletableFuture;

/** A transaction of one storage. */
final class BufferedTransaction extends BufferedPart implements Transaction, Committable {
  BufferedTransaction(StoreParts parts, TransactionOptions options) {
    super(parts, options, new Progress(parts.ids()));
  }

  @Override
  public String name() {
    return parts().name();
  }

  @Override
  public Tid commit() {
    return Futures.await(commitInternally(), progress()::interruptedCommit);
  }

  @Override
  public CompletableFuture<Tid> commitAsync() {
    return Futures.onExecutor(commitInternally(), parts().users());
  }

  @Override
  public CompletableFuture<Tid> commitInternally() {
    progress().committing();
    CompletableFuture<Tid> committed =
        changesNothing() ? readOnlyTid() : serialsKnown().thenCompose(ignored -> send());
    return committed.whenComplete((tid, failure) -> letGo(progress().ended(failure)));
  }

  private CompletableFuture<Tid> send() {
    return parts().committer().commit(history(), content(), progress()::nextId);
  }

  @Override
  public void abort() {
    letGo(progress().aborted());
  }

  @Override
  public boolean isOpen() {
    return progress().isOpen();
  }

  @Override
  public void close() {
    if (isOpen()) {
      abort();
    }
  }
}
