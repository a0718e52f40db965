package io.troika.server.front.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.troika.api.v1.Freshness;
import io.troika.api.v1.HistoryRequest;
import io.troika.api.v1.HistoryResponse;
import io.troika.api.v1.ListTransactionsRequest;
import io.troika.api.v1.ListTransactionsResponse;
import io.troika.api.v1.RecordOfTransaction;
import io.troika.api.v1.TransactionRecordsRequest;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.core.mvcc.HistoryEntry;
import io.troika.server.messages.ByteStrings;
import io.troika.server.service.StoreGroups;
import io.troika.server.service.reads.ReadService;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** What was committed: by object, by transaction, and the records of a transaction. */
final class HistoryCalls {
  private static final int LIST_DEFAULT = 100;

  /** Answers with transactions are cut here, after the first at the earliest. */
  private static final int ANSWER_BYTES_MAX = (4 << 20) - (64 << 10);

  private final StoreGroups groups;
  private final Executor pool;

  /**
   * @param pool reads what is to be answered once the state is new enough
   */
  HistoryCalls(StoreGroups groups, Executor pool) {
    this.groups = groups;
    this.pool = pool;
  }

  private ReadService reads(String storage) {
    return groups.of(storage).reads();
  }

  /** The storage, once its state is as new as the request asks for, on the pool. */
  private CompletableFuture<StorageState> fresh(String storage, Freshness freshness, long atLeast) {
    return reads(storage)
        .fresh(
            storage,
            FromProto.freshnessOrSession(freshness),
            FromProto.tid("at_least", atLeast),
            Calls.patience())
        .thenApplyAsync(state -> state, pool);
  }

  void history(HistoryRequest request, StreamObserver<HistoryResponse> observer) {
    Calls.answer(
        observer,
        () -> fresh(request.getStorage(), request.getFreshness(), request.getAtLeast()),
        state -> {
          int limit = FromProto.limit(request.getLimit(), LIST_DEFAULT, ReadService.LIST_MAX);
          HistoryResponse.Builder response = HistoryResponse.newBuilder();
          reads(request.getStorage())
              .history(request.getStorage(), new Oid(request.getOid()), limit)
              .forEach(entry -> response.addEntries(entry(entry)));
          return response.build();
        });
  }

  private static HistoryResponse.Entry entry(HistoryEntry entry) {
    return HistoryResponse.Entry.newBuilder()
        .setTid(entry.tid().value())
        .setMetadata(ToProto.metadata(entry.metadata()))
        .setSizeBytes(entry.sizeBytes())
        .setAbsent(entry.absent())
        .build();
  }

  void listTransactions(
      ListTransactionsRequest request, StreamObserver<ListTransactionsResponse> observer) {
    Calls.answer(
        observer,
        () -> fresh(request.getStorage(), request.getFreshness(), request.getAtLeast()),
        state -> {
          int limit = FromProto.limit(request.getLimit(), LIST_DEFAULT, ReadService.LIST_MAX);
          return response(transactions(request, limit), limit, request.getWithOids())
              .setUpTo(state.lastTid().value())
              .build();
        });
  }

  private List<TransactionRecord> transactions(ListTransactionsRequest request, int limit) {
    return switch (request.getFromCase()) {
      case AFTER ->
          reads(request.getStorage())
              .transactionsAfter(
                  request.getStorage(), FromProto.tid("after", request.getAfter()), limit);
      case BEFORE, FROM_NOT_SET ->
          reads(request.getStorage())
              .transactionsBefore(
                  request.getStorage(),
                  request.getBefore() == 0 ? Tid.MAX : FromProto.tid("before", request.getBefore()),
                  limit);
    };
  }

  private static ListTransactionsResponse.Builder response(
      List<TransactionRecord> transactions, int limit, boolean withOids) {
    ListTransactionsResponse.Builder response = ListTransactionsResponse.newBuilder();
    long sizeBytes = 0;
    for (TransactionRecord transaction : transactions) {
      io.troika.api.v1.TransactionRecord message = ToProto.transaction(transaction, withOids);
      sizeBytes += message.getSerializedSize();
      if (sizeBytes > ANSWER_BYTES_MAX && response.getTransactionsCount() > 0) {
        return response.setMore(true);
      }
      response.addTransactions(message);
    }
    return response.setMore(transactions.size() == limit);
  }

  void transactionRecords(
      TransactionRecordsRequest request, StreamObserver<RecordOfTransaction> observer) {
    StreamPump<RecordOfTransaction> pump =
        StreamPump.attach((ServerCallStreamObserver<RecordOfTransaction>) observer);
    long atLeast = request.getFreshness() == Freshness.SESSION ? request.getTid() : 0;
    CompletableFuture<?> unused =
        fresh(request.getStorage(), request.getFreshness(), atLeast)
            .thenApply(
                state ->
                    reads(request.getStorage())
                        .transactionContents(
                            request.getStorage(), FromProto.tid("tid", request.getTid())))
            .whenComplete(
                (contents, failure) -> {
                  if (failure != null) {
                    observer.onError(failure);
                  } else {
                    pump.start(records(request.getStorage(), contents.revisions().iterator()));
                  }
                });
  }

  private Iterator<RecordOfTransaction> records(
      String storage, Iterator<StoredRevision> revisions) {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return revisions.hasNext();
      }

      @Override
      public RecordOfTransaction next() {
        return record(storage, revisions.next());
      }
    };
  }

  private RecordOfTransaction record(String storage, StoredRevision revision) {
    RecordOfTransaction.Builder message =
        RecordOfTransaction.newBuilder().setOid(revision.oid().value());
    if (!revision.isAbsent()) {
      message.setData(ByteStrings.of(reads(storage).data(storage, revision)));
    }
    if (revision.kind() == StoredRevision.Kind.SHARED) {
      message.setDataTid(revision.dataTid().value());
    }
    return message.setHasBlob(revision.blob() != null).build();
  }
}
