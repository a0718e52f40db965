package io.troika.client.internal.codec;

import io.troika.api.v1.GetOutcomeResponse;
import io.troika.api.v1.HistoryResponse;
import io.troika.api.v1.ListTransactionsRequest;
import io.troika.api.v1.RecordOfTransaction;
import io.troika.api.v1.RestoreRequest;
import io.troika.api.v1.RestoredRecord;
import io.troika.api.v1.StagedBlob;
import io.troika.api.v1.StagedData;
import io.troika.client.HistoryEntry;
import io.troika.client.Oid;
import io.troika.client.Outcome;
import io.troika.client.RecordedChange;
import io.troika.client.RestoredTransaction;
import io.troika.client.Tid;
import io.troika.client.TransactionId;
import io.troika.client.TransactionQuery;
import io.troika.client.TransactionRecord;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/** Transactions of the past, and what became of one. */
public final class HistoryCodec {
  private HistoryCodec() {}

  public static List<HistoryEntry> history(HistoryResponse response) {
    return response.getEntriesList().stream()
        .map(
            entry ->
                new HistoryEntry(
                    ValueCodec.tid(entry.getTid()),
                    ValueCodec.metadata(entry.getMetadata()),
                    entry.getSizeBytes(),
                    entry.getAbsent()))
        .toList();
  }

  public static ListTransactionsRequest query(
      String storage, TransactionQuery query, Recency recency) {
    ListTransactionsRequest.Builder request =
        ListTransactionsRequest.newBuilder()
            .setStorage(storage)
            .setLimit(query.pageSize())
            .setWithOids(query.withOids())
            .setFreshness(recency.message())
            .setAtLeast(recency.atLeast().value());
    if (query.backwards()) {
      request.setBefore(query.bound().equals(Tid.MAX) ? 0 : query.bound().value());
    } else {
      request.setAfter(query.bound().value());
    }
    return request.build();
  }

  public static TransactionRecord transaction(io.troika.api.v1.TransactionRecord record) {
    return new TransactionRecord(
        ValueCodec.tid(record.getTid()),
        record.getStatus(),
        ValueCodec.metadata(record.getMetadata()),
        ValueCodec.oids(record.getOidsList()),
        record.getOidCount(),
        record.getSizeBytes(),
        record.hasId() ? Optional.of(ValueCodec.transactionId(record.getId())) : Optional.empty());
  }

  public static RecordedChange change(RecordOfTransaction record) {
    return new RecordedChange(
        new Oid(record.getOid()),
        record.hasData() ? Optional.of(ValueCodec.bytes(record.getData())) : Optional.empty(),
        ValueCodec.tid(record.getDataTid()),
        record.getHasBlob());
  }

  /**
   * Transactions to copy.
   *
   * @param blobs what is staged under the id, one for each change with a blob, in their order
   */
  public static RestoreRequest restore(
      String storage,
      TransactionId id,
      List<RestoredTransaction> transactions,
      List<StagedBlob> blobs,
      StagedRecords records) {
    RestoreRequest.Builder request =
        RestoreRequest.newBuilder().setId(ValueCodec.transactionId(id)).setStorage(storage);
    if (!records.isEmpty()) {
      request.addStages(records.stage());
    }
    Iterator<StagedBlob> staged = blobs.iterator();
    transactions.forEach(
        transaction -> request.addTransactions(restored(transaction, staged, records)));
    return request.build();
  }

  private static io.troika.api.v1.RestoredTransaction restored(
      RestoredTransaction transaction, Iterator<StagedBlob> staged, StagedRecords records) {
    io.troika.api.v1.RestoredTransaction.Builder message =
        io.troika.api.v1.RestoredTransaction.newBuilder()
            .setTid(transaction.tid().value())
            .setStatus(transaction.status())
            .setMetadata(ValueCodec.metadata(transaction.metadata()));
    transaction.changes().forEach(change -> message.addRecords(record(change, staged, records)));
    return message.build();
  }

  private static RestoredRecord record(
      RestoredTransaction.Change change, Iterator<StagedBlob> staged, StagedRecords records) {
    RestoredRecord.Builder record = RestoredRecord.newBuilder().setOid(change.oid().value());
    if (change instanceof RestoredTransaction.Written written) {
      StagedData place = records.placeOf(written.data());
      if (place == null) {
        record.setData(ValueCodec.bytes(written.data()));
      } else {
        record.setStaged(place);
      }
      if (written.blob().isPresent()) {
        record.setBlob(staged.next());
      }
    } else if (change instanceof RestoredTransaction.Shared shared) {
      record.setDataTid(shared.dataTid().value());
    }
    return record.build();
  }

  public static Outcome outcome(GetOutcomeResponse response) {
    return switch (response.getOutcome()) {
      case COMMITTED -> new Outcome.Committed(ValueCodec.tid(response.getTid()));
      case CONFLICTED -> new Outcome.Conflicted(ErrorCodec.conflicts(response.getConflictsList()));
      case UNDO_BLOCKED ->
          new Outcome.UndoBlocked(ErrorCodec.obstacles(response.getUndoObstaclesList()));
      case REJECTED -> new Outcome.Rejected(response.getMessage());
      case ABANDONED -> new Outcome.Abandoned();
      case NOT_SEEN -> new Outcome.NotSeen();
      case OUTCOME_UNSPECIFIED, UNRECOGNIZED ->
          throw new MalformedAnswerException("unknown outcome " + response.getOutcome());
    };
  }
}
