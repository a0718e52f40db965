package io.troika.client.internal.transaction;

import io.troika.client.Bytes;
import io.troika.client.CommitOutcomeUnknownException;
import io.troika.client.Tid;
import io.troika.client.TransactionId;
import io.troika.client.internal.Futures;
import io.troika.client.internal.codec.StagedRecords;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * Commits a transaction whose data is sent ahead of it if that is large, to each of its storages
 * its own; what is staged goes if the transaction is known not to be committed.
 */
final class StagedCommit {
  /** More data than this is sent ahead: it would fill a log entry, or not fit in one. */
  static final long STAGED_FROM_BYTES = 6 << 20;

  private final TransactionId id;
  private final List<Share> shares;

  /** The data that a transaction has for one storage. */
  record Share(StoreCalls calls, List<Bytes> data) {
    private long dataBytes() {
      return data.stream().mapToLong(Bytes::size).sum();
    }
  }

  /**
   * @param shares one for each storage
   */
  StagedCommit(TransactionId id, List<Share> shares) {
    this.id = id;
    this.shares = shares;
  }

  /**
   * @param commit is told what was sent ahead in each storage, in the order of the shares
   */
  CompletableFuture<Tid> commit(Function<List<StagedRecords>, CompletableFuture<Tid>> commit) {
    long dataBytes = shares.stream().mapToLong(Share::dataBytes).sum();
    List<StagedRecords> records =
        shares.stream()
            .map(
                share ->
                    dataBytes <= STAGED_FROM_BYTES
                        ? StagedRecords.NONE
                        : StagedRecords.of(share.data()))
            .toList();
    if (records.stream().allMatch(StagedRecords::isEmpty)) {
      return commit.apply(records);
    }
    List<StoreCalls> begun = new ArrayList<>(shares.size());
    return send(records, dataBytes, begun)
        .thenCompose(done -> commit.apply(records))
        .whenComplete(
            (tid, failure) -> {
              if (failure != null
                  && !(Futures.reason(failure) instanceof CommitOutcomeUnknownException)) {
                letGo(begun);
              }
            });
  }

  /** One storage after the other: together they would hold as many chunks each. */
  private CompletableFuture<?> send(
      List<StagedRecords> records, long dataBytes, List<StoreCalls> begun) {
    CompletableFuture<?> sent = CompletableFuture.completedFuture(Boolean.TRUE);
    for (int i = 0; i < shares.size(); i++) {
      StagedRecords next = records.get(i);
      if (!next.isEmpty()) {
        StoreCalls calls = shares.get(i).calls();
        sent =
            sent.thenCompose(
                done -> {
                  begun.add(calls);
                  return new RecordStager(calls, id, next, dataBytes).send();
                });
      }
    }
    return sent;
  }

  /**
   * Asked in each storage, which may turn out to be in another group. Whether it arrives or not:
   * what is staged expires.
   */
  private void letGo(List<StoreCalls> begun) {
    for (StoreCalls calls : begun) {
      CompletableFuture<?> unused = calls.abandon(id);
    }
  }
}
