package io.troika.server.front.grpc;

import static io.troika.server.front.grpc.FrontFixture.error;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import io.troika.api.v1.AbortRequest;
import io.troika.api.v1.AllocateOidsRequest;
import io.troika.api.v1.BeginRequest;
import io.troika.api.v1.BeginResponse;
import io.troika.api.v1.CommitRequest;
import io.troika.api.v1.CommitResponse;
import io.troika.api.v1.Delete;
import io.troika.api.v1.ErrorDetail;
import io.troika.api.v1.ErrorDetail.Code;
import io.troika.api.v1.FinishRequest;
import io.troika.api.v1.Freshness;
import io.troika.api.v1.GetOutcomeRequest;
import io.troika.api.v1.GetOutcomeResponse;
import io.troika.api.v1.GetStorageRequest;
import io.troika.api.v1.HistoryRequest;
import io.troika.api.v1.HistoryResponse;
import io.troika.api.v1.InvalidationsSinceRequest;
import io.troika.api.v1.InvalidationsSinceResponse;
import io.troika.api.v1.ListObjectsRequest;
import io.troika.api.v1.ListObjectsResponse;
import io.troika.api.v1.ListTransactionsRequest;
import io.troika.api.v1.ListTransactionsResponse;
import io.troika.api.v1.LoadManyRequest;
import io.troika.api.v1.LoadManyResponse;
import io.troika.api.v1.LoadRequest;
import io.troika.api.v1.LoadSerialRequest;
import io.troika.api.v1.LoadedObject;
import io.troika.api.v1.ObjectStoreGrpc;
import io.troika.api.v1.RecordOfTransaction;
import io.troika.api.v1.RestoreRequest;
import io.troika.api.v1.RestoredRecord;
import io.troika.api.v1.RestoredTransaction;
import io.troika.api.v1.TransactionId;
import io.troika.api.v1.TransactionMetadata;
import io.troika.api.v1.TransactionRecordsRequest;
import io.troika.api.v1.VoteRequest;
import io.troika.api.v1.WatchEvent;
import io.troika.api.v1.WatchRequest;
import io.troika.api.v1.Write;
import io.troika.server.service.FakeLog;
import io.troika.server.service.OverloadedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ObjectStoreServiceTest {
  private final FrontFixture fixture = new FrontFixture();
  private long sequence;

  @AfterEach
  void close() {
    fixture.close();
  }

  private TransactionId newId() {
    return TransactionId.newBuilder()
        .setClientHigh(7)
        .setClientLow(8)
        .setSequence(++sequence)
        .build();
  }

  private CommitRequest.Builder transaction() {
    return CommitRequest.newBuilder().setId(newId()).setStorage("main");
  }

  private static Write write(long oid, long serial, String data) {
    return Write.newBuilder()
        .setOid(oid)
        .setSerial(serial)
        .setData(ByteString.copyFromUtf8(data))
        .build();
  }

  private long commit(long oid, long serial, String data) {
    return fixture
        .store()
        .commit(transaction().addWrites(write(oid, serial, data)).build())
        .getTid();
  }

  private LoadedObject load(long oid, long at) {
    return fixture
        .store()
        .load(LoadRequest.newBuilder().setStorage("main").setOid(oid).setAt(at).build())
        .getObject();
  }

  // Reads.

  @Test
  void getStorage_known_saysWhatItIs() {
    long tid = commit(1, 0, "a");
    var response =
        fixture.store().getStorage(GetStorageRequest.newBuilder().setStorage("main").build());
    assertThat(response.getStorage().getName()).isEqualTo("main");
    assertThat(response.getStorage().getUuid().size()).isEqualTo(16);
    assertThat(response.getStorage().getLastTid()).isEqualTo(tid);
    assertThat(response.getStorage().getObjectCount()).isEqualTo(1);
    assertThat(response.getLeader().getNodeId()).isEqualTo("n1");
  }

  @Test
  void getStorage_unknown_isNotFound() {
    ErrorDetail detail =
        error(
            () ->
                fixture
                    .store()
                    .getStorage(GetStorageRequest.newBuilder().setStorage("other").build()));
    assertThat(detail.getCode()).isEqualTo(Code.UNKNOWN_STORAGE);
  }

  @Test
  void begin_eachFreshness_isAtTheLastTid() {
    long tid = commit(1, 0, "a");
    for (Freshness freshness : List.of(Freshness.LINEARIZABLE, Freshness.SESSION)) {
      BeginResponse response =
          fixture
              .store()
              .begin(
                  BeginRequest.newBuilder()
                      .setStorage("main")
                      .setFreshness(freshness)
                      .setAtLeast(tid)
                      .build());
      assertThat(response.getTid()).isEqualTo(tid);
      assertThat(response.getEpoch()).isEqualTo(1);
    }
  }

  @Test
  void begin_linearizableOnAFollower_namesTheLeader() {
    fixture.service.log.follow(2);
    ErrorDetail detail =
        error(
            () ->
                fixture
                    .store()
                    .begin(
                        BeginRequest.newBuilder()
                            .setStorage("main")
                            .setFreshness(Freshness.LINEARIZABLE)
                            .build()));
    assertThat(detail.getCode()).isEqualTo(Code.NOT_LEADER);
    assertThat(detail.getLeader().getClientAddress()).isEqualTo("127.0.0.1:7402");
    assertThat(detail.getLeader().getTerm()).isEqualTo(2);
  }

  @Test
  void load_eachStatus_isSaid() {
    long first = commit(1, 0, "a");
    long second = commit(2, 0, "b");
    long third =
        fixture
            .store()
            .commit(
                transaction().addDeletes(Delete.newBuilder().setOid(1).setSerial(first)).build())
            .getTid();

    LoadedObject found = load(1, second);
    assertThat(found.getStatus()).isEqualTo(LoadedObject.Status.FOUND);
    assertThat(found.getData().toStringUtf8()).isEqualTo("a");
    assertThat(found.getTid()).isEqualTo(first);
    assertThat(found.getNextTid()).isEqualTo(third);
    assertThat(load(2, third).getNextTid()).isZero();
    assertThat(load(1, third).getStatus()).isEqualTo(LoadedObject.Status.ABSENT);
    assertThat(load(2, first).getStatus()).isEqualTo(LoadedObject.Status.NOT_YET);
    assertThat(load(9, third).getStatus()).isEqualTo(LoadedObject.Status.UNKNOWN);
  }

  @Test
  void load_tidNotApplied_lags() {
    CompletableFuture<ErrorDetail> detail =
        CompletableFuture.supplyAsync(
            () -> error(() -> load(1, 99)), task -> new Thread(task).start());
    Awaitility.await().until(() -> fixture.service.timer.pending() > 1);
    fixture.service.timer.advance(Duration.ofSeconds(5));
    assertThat(detail)
        .succeedsWithin(Duration.ofSeconds(10))
        .extracting(ErrorDetail::getCode)
        .isEqualTo(Code.LAGGING);
  }

  @Test
  void load_tidOutOfRange_isInvalid() {
    assertThat(error(() -> load(1, -1)).getCode()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(error(() -> load(1, Long.MAX_VALUE)).getCode()).isEqualTo(Code.INVALID_ARGUMENT);
  }

  @Test
  void loadMany_moreThanFits_answersThoseThatDo() {
    String large = "x".repeat(900 << 10);
    LoadManyRequest.Builder request = LoadManyRequest.newBuilder().setStorage("main");
    long tid = 0;
    for (int oid = 0; oid < 6; oid++) {
      tid = commit(oid, 0, large);
      request.addOids(oid);
    }
    LoadManyResponse response = fixture.store().loadMany(request.setAt(tid).build());
    assertThat(response.getObjectsList()).extracting(LoadedObject::getOid).startsWith(0L, 1L);
    assertThat(response.getObjectsCount()).isBetween(3, 5);
    assertThat(response.getSerializedSize()).isLessThanOrEqualTo(4 << 20);
  }

  @Test
  void loadMany_noOids_isInvalid() {
    LoadManyRequest request = LoadManyRequest.newBuilder().setStorage("main").build();
    assertThat(error(() -> fixture.store().loadMany(request)).getCode())
        .isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(error(() -> fixture.store().loadStream(request).next()).getCode())
        .isEqualTo(Code.INVALID_ARGUMENT);
  }

  @Test
  void loadStream_manyLargeObjects_comeInTheAskedOrder() {
    LoadManyRequest.Builder request = LoadManyRequest.newBuilder().setStorage("main");
    long tid = 0;
    for (int oid = 0; oid < 200; oid++) {
      tid = commit(oid, 0, "x".repeat(10_000));
      request.addOids(199 - oid);
    }
    Iterator<LoadedObject> stream = fixture.store().loadStream(request.setAt(tid).build());
    List<Long> oids = new ArrayList<>();
    stream.forEachRemaining(object -> oids.add(object.getOid()));
    assertThat(oids).isEqualTo(request.getOidsList());
  }

  @Test
  void loadSerial_exactRevision_isFound() {
    long first = commit(1, 0, "a");
    commit(1, first, "b");
    LoadedObject object =
        fixture
            .store()
            .loadSerial(
                LoadSerialRequest.newBuilder()
                    .setStorage("main")
                    .setOid(1)
                    .setSerial(first)
                    .build())
            .getObject();
    assertThat(object.getData().toStringUtf8()).isEqualTo("a");
  }

  // Commits.

  @Test
  void commit_conflict_saysWhatAndSendsDataWhenAsked() {
    long first = commit(1, 0, "a");
    long second = commit(1, first, "b");
    CommitRequest.Builder stale = transaction().addWrites(write(1, first, "c"));

    ErrorDetail plain = error(() -> fixture.store().commit(stale.build()));
    assertThat(plain.getCode()).isEqualTo(Code.CONFLICT);
    assertThat(plain.getConflicts(0).getOid()).isEqualTo(1);
    assertThat(plain.getConflicts(0).getSerialRead()).isEqualTo(first);
    assertThat(plain.getConflicts(0).getSerialCurrent()).isEqualTo(second);
    assertThat(plain.getConflicts(0).hasCurrentData()).isFalse();
    assertThat(plain.getTransaction()).isEqualTo(stale.getId());

    ErrorDetail withData = error(() -> fixture.store().commit(stale.setConflictData(true).build()));
    assertThat(withData.getConflicts(0).getCurrentData().toStringUtf8()).isEqualTo("b");
  }

  @Test
  void commit_sameIdAgain_sameTid() {
    CommitRequest request = transaction().addWrites(write(1, 0, "a")).build();
    assertThat(fixture.store().commit(request)).isEqualTo(fixture.store().commit(request));
  }

  @Test
  void commit_withoutId_isInvalid() {
    CommitRequest request = CommitRequest.newBuilder().setStorage("main").build();
    assertThat(error(() -> fixture.store().commit(request)).getMessage())
        .contains("transaction id is missing");
  }

  @Test
  void commit_tooLarge_namesTheLimit() {
    CommitRequest request =
        transaction().addWrites(write(1, 0, "x".repeat(FakeLog.COMMAND_BYTES_MAX))).build();
    ErrorDetail detail = error(() -> fixture.store().commit(request));
    assertThat(detail.getCode()).isEqualTo(Code.TRANSACTION_TOO_LARGE);
    assertThat(detail.getLimit()).isEqualTo(FakeLog.COMMAND_BYTES_MAX);
    assertThat(detail.getFound()).isGreaterThan(FakeLog.COMMAND_BYTES_MAX);
  }

  @Test
  void commit_metadataTooLarge_isInvalid() {
    CommitRequest request =
        transaction()
            .setMetadata(
                TransactionMetadata.newBuilder().setUser(ByteString.copyFrom(new byte[65_536])))
            .build();
    assertThat(error(() -> fixture.store().commit(request)).getMessage()).contains("65535");
  }

  @Test
  void commit_tooManyObjects_namesTheLimit() {
    CommitRequest.Builder request = transaction();
    for (int i = 0; i <= 1_000; i++) {
      request.addWrites(write(i, 0, ""));
    }
    ErrorDetail detail = error(() -> fixture.store().commit(request.build()));
    assertThat(detail.getCode()).isEqualTo(Code.TOO_MANY_OBJECTS);
    assertThat(detail.getLimit()).isEqualTo(1_000);
  }

  @Test
  void commit_lostAnswer_isUnknownAndNamesTheTransaction() {
    fixture.service.log.loseAnswers(true);
    CommitRequest request = transaction().addWrites(write(1, 0, "a")).build();
    ErrorDetail detail = error(() -> fixture.store().commit(request));
    assertThat(detail.getCode()).isEqualTo(Code.OUTCOME_UNKNOWN);
    assertThat(detail.getTransaction()).isEqualTo(request.getId());
  }

  @Test
  void commit_overloaded_isNotNow() {
    fixture.service.log.refuse(new OverloadedException("full"));
    CommitRequest request = transaction().addWrites(write(1, 0, "a")).build();
    assertThat(error(() -> fixture.store().commit(request)).getCode()).isEqualTo(Code.OVERLOADED);
  }

  @Test
  void commit_unexpectedFailure_isInternal() {
    fixture.service.log.refuse(new UnsupportedOperationException("a defect, for the test"));
    CommitRequest request = transaction().addWrites(write(1, 0, "a")).build();
    assertThat(error(() -> fixture.store().commit(request)).getCode()).isEqualTo(Code.INTERNAL);
  }

  @Test
  void commit_undo_bringsTheOldStateBack() {
    long first = commit(1, 0, "a");
    long second = commit(1, first, "b");
    long undo = fixture.store().commit(transaction().addUndos(second).build()).getTid();
    assertThat(load(1, undo).getData().toStringUtf8()).isEqualTo("a");

    ErrorDetail blocked =
        error(() -> fixture.store().commit(transaction().addUndos(second).build()));
    assertThat(blocked.getCode()).isEqualTo(Code.UNDO_CONFLICT);
    assertThat(blocked.getUndoObstacles(0).getOid()).isEqualTo(1);
    assertThat(error(() -> fixture.store().commit(transaction().addUndos(5).build())).getCode())
        .isEqualTo(Code.UNKNOWN_TRANSACTION);
  }

  // Streamed commits.

  private CompletableFuture<CommitResponse> commitStream(List<CommitRequest> parts) {
    CompletableFuture<CommitResponse> answer = new CompletableFuture<>();
    StreamObserver<CommitRequest> stream =
        ObjectStoreGrpc.newStub(fixture.channel)
            .withDeadlineAfter(20, TimeUnit.SECONDS)
            .commitStream(new Answer<>(answer));
    parts.forEach(stream::onNext);
    stream.onCompleted();
    return answer;
  }

  private record Answer<T>(CompletableFuture<T> future) implements StreamObserver<T> {
    @Override
    public void onNext(T value) {
      future.complete(value);
    }

    @Override
    public void onError(Throwable failure) {
      future.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {}
  }

  private static ErrorDetail streamError(CompletableFuture<?> answer) {
    return error(
        () -> {
          try {
            answer.get(20, TimeUnit.SECONDS);
          } catch (ExecutionException e) {
            throw e.getCause();
          }
        });
  }

  @Test
  void commitStream_parts_areOneTransaction() {
    CommitRequest first = transaction().addWrites(write(1, 0, "a")).build();
    CommitRequest second = CommitRequest.newBuilder().addWrites(write(2, 0, "b")).build();
    long tid = commitStream(List.of(first, second)).join().getTid();
    assertThat(load(1, tid).getTid()).isEqualTo(tid);
    assertThat(load(2, tid).getTid()).isEqualTo(tid);
  }

  @Test
  void commitStream_headerAgain_isInvalid() {
    CommitRequest part = transaction().addWrites(write(1, 0, "a")).build();
    assertThat(streamError(commitStream(List.of(part, part))).getCode())
        .isEqualTo(Code.INVALID_ARGUMENT);
  }

  @Test
  void commitStream_noPart_isInvalid() {
    assertThat(streamError(commitStream(List.of())).getMessage()).contains("at least one part");
  }

  @Test
  void commitStream_tooLarge_isRefusedBeforeItsEnd() {
    List<CommitRequest> parts = new ArrayList<>();
    parts.add(transaction().build());
    for (int i = 0; i < 20; i++) {
      parts.add(CommitRequest.newBuilder().addWrites(write(i, 0, "x".repeat(100_000))).build());
    }
    ErrorDetail detail = streamError(commitStream(parts));
    assertThat(detail.getCode()).isEqualTo(Code.TRANSACTION_TOO_LARGE);
    assertThat(detail.getLimit()).isEqualTo(FakeLog.COMMAND_BYTES_MAX);
  }

  // Two phases.

  @Test
  void voteFinish_commits() {
    CommitRequest request = transaction().addWrites(write(1, 0, "a")).build();
    var vote = fixture.store().vote(VoteRequest.newBuilder().setTransaction(request).build());
    assertThat(vote.getLeaseMs()).isEqualTo(30_000);
    long tid =
        fixture.store().finish(FinishRequest.newBuilder().setId(request.getId()).build()).getTid();
    assertThat(load(1, tid).getTid()).isEqualTo(tid);
  }

  @Test
  void voteAbort_freesAndFinishIsUnknown() {
    CommitRequest request = transaction().addWrites(write(1, 0, "a")).build();
    fixture.store().vote(VoteRequest.newBuilder().setTransaction(request).build());
    fixture.store().abort(AbortRequest.newBuilder().setId(request.getId()).build());
    assertThat(
            error(
                    () ->
                        fixture
                            .store()
                            .finish(FinishRequest.newBuilder().setId(request.getId()).build()))
                .getCode())
        .isEqualTo(Code.UNKNOWN_SESSION);
    commit(1, 0, "b");
  }

  @Test
  void vote_conflict_isAborted() {
    long first = commit(1, 0, "a");
    commit(1, first, "b");
    VoteRequest vote =
        VoteRequest.newBuilder()
            .setTransaction(transaction().addWrites(write(1, first, "c")).setConflictData(true))
            .build();
    ErrorDetail detail = error(() -> fixture.store().vote(vote));
    assertThat(detail.getCode()).isEqualTo(Code.CONFLICT);
    assertThat(detail.getConflicts(0).getCurrentData().toStringUtf8()).isEqualTo("b");
  }

  @Test
  void commit_lockedBeyondItsDeadline_failsByThen() {
    CommitRequest request = transaction().addWrites(write(1, 0, "a")).build();
    fixture.store().vote(VoteRequest.newBuilder().setTransaction(request).build());
    CompletableFuture<ErrorDetail> waiting =
        CompletableFuture.supplyAsync(
            () -> error(() -> commit(1, 0, "b")), task -> new Thread(task).start());
    Awaitility.await().until(() -> fixture.service.timer.pending() > 2);
    fixture.service.timer.advance(Duration.ofSeconds(20));
    assertThat(waiting)
        .succeedsWithin(Duration.ofSeconds(10))
        .extracting(ErrorDetail::getCode)
        .isEqualTo(Code.LOCK_TIMEOUT);
  }

  // Outcomes, oids, copies.

  private GetOutcomeResponse outcome(TransactionId id, boolean abandon) {
    return fixture
        .store()
        .getOutcome(GetOutcomeRequest.newBuilder().setId(id).setAbandon(abandon).build());
  }

  @Test
  void getOutcome_each_isSaid() {
    CommitRequest committed = transaction().addWrites(write(1, 0, "a")).build();
    long tid = fixture.store().commit(committed).getTid();
    assertThat(outcome(committed.getId(), false).getTid()).isEqualTo(tid);

    TransactionId unseen = newId();
    assertThat(outcome(unseen, false).getOutcome()).isEqualTo(GetOutcomeResponse.Outcome.NOT_SEEN);
    assertThat(outcome(unseen, true).getOutcome()).isEqualTo(GetOutcomeResponse.Outcome.ABANDONED);
    CommitRequest late =
        CommitRequest.newBuilder()
            .setId(unseen)
            .setStorage("main")
            .addWrites(write(2, 0, "b"))
            .build();
    assertThat(error(() -> fixture.store().commit(late)).getCode()).isEqualTo(Code.ABANDONED);

    CommitRequest rejected = transaction().addDeletes(Delete.newBuilder().setOid(77)).build();
    assertThat(error(() -> fixture.store().commit(rejected)).getCode())
        .isEqualTo(Code.UNKNOWN_OBJECT);
    assertThat(outcome(rejected.getId(), false).getOutcome())
        .isEqualTo(GetOutcomeResponse.Outcome.REJECTED);

    CommitRequest conflicting = transaction().addWrites(write(1, tid + 1, "b")).build();
    error(() -> fixture.store().commit(conflicting));
    assertThat(outcome(conflicting.getId(), false).getConflicts(0).getSerialCurrent())
        .isEqualTo(tid);

    commit(1, tid, "b");
    CommitRequest undo = transaction().addUndos(tid).build();
    error(() -> fixture.store().commit(undo));
    assertThat(outcome(undo.getId(), false).getUndoObstaclesCount()).isEqualTo(1);
  }

  @Test
  void allocateOids_twice_disjointBlocks() {
    AllocateOidsRequest request =
        AllocateOidsRequest.newBuilder().setStorage("main").setCount(10).build();
    long first = fixture.store().allocateOids(request).getFirst();
    assertThat(fixture.store().allocateOids(request).getFirst()).isEqualTo(first + 10);
    for (int count : List.of(0, -1, 1_000_001)) {
      AllocateOidsRequest bad = request.toBuilder().setCount(count).build();
      assertThat(error(() -> fixture.store().allocateOids(bad)).getCode())
          .isEqualTo(Code.INVALID_ARGUMENT);
    }
  }

  @Test
  void allocateOids_unknownStorageOnAFollower_isNotLeader() {
    fixture.service.log.follow(2);
    AllocateOidsRequest request =
        AllocateOidsRequest.newBuilder().setStorage("new").setCount(10).build();
    assertThat(error(() -> fixture.store().allocateOids(request)).getCode())
        .isEqualTo(Code.NOT_LEADER);
  }

  @Test
  void restore_keepsTheTidAndRefusesOlderOnes() {
    assertThat(fixture.store().restore(restoring(0x1000, 0x1001)).getTid()).isEqualTo(0x1001);
    assertThat(error(() -> fixture.store().restore(restoring(0x1001))).getCode())
        .isEqualTo(Code.TID_NOT_GREATER);
  }

  @Test
  void restore_oneOfThemIsRefused_keepsNone() {
    assertThat(error(() -> fixture.store().restore(restoring(0x1000, 0x1002, 0x1001))).getCode())
        .isEqualTo(Code.TID_NOT_GREATER);
    assertThat(fixture.store().restore(restoring(0x1000)).getTid()).isEqualTo(0x1000);
  }

  @Test
  void restore_nothing_isInvalid() {
    assertThat(error(() -> fixture.store().restore(restoring())).getCode())
        .isEqualTo(Code.INVALID_ARGUMENT);
  }

  private RestoreRequest restoring(long... tids) {
    RestoreRequest.Builder request = RestoreRequest.newBuilder().setId(newId()).setStorage("main");
    for (long tid : tids) {
      request.addTransactions(
          RestoredTransaction.newBuilder()
              .setTid(tid)
              .setStatus(' ')
              .addRecords(
                  RestoredRecord.newBuilder().setOid(1).setData(ByteString.copyFromUtf8("a"))));
    }
    return request.build();
  }

  // History.

  @Test
  void history_object_newestFirst() {
    long first = commit(1, 0, "a");
    long second = commit(1, first, "bb");
    HistoryResponse response =
        fixture.store().history(HistoryRequest.newBuilder().setStorage("main").setOid(1).build());
    assertThat(response.getEntriesList())
        .extracting(HistoryResponse.Entry::getTid)
        .containsExactly(second, first);
    assertThat(response.getEntries(0).getSizeBytes()).isEqualTo(2);
    HistoryRequest unknown = HistoryRequest.newBuilder().setStorage("main").setOid(5).build();
    assertThat(error(() -> fixture.store().history(unknown)).getCode())
        .isEqualTo(Code.UNKNOWN_OBJECT);
    HistoryRequest greedy = unknown.toBuilder().setLimit(1_001).build();
    assertThat(error(() -> fixture.store().history(greedy)).getCode())
        .isEqualTo(Code.INVALID_ARGUMENT);
  }

  @Test
  void listTransactions_bothWays() {
    long first = commit(1, 0, "a");
    long second = commit(2, 0, "b");
    long third = commit(3, 0, "c");
    ListTransactionsRequest.Builder request =
        ListTransactionsRequest.newBuilder().setStorage("main").setWithOids(true);

    ListTransactionsResponse forwards =
        fixture.store().listTransactions(request.setAfter(first).setLimit(1).build());
    assertThat(forwards.getMore()).isTrue();
    assertThat(forwards.getTransactions(0).getTid()).isEqualTo(second);
    assertThat(forwards.getTransactions(0).getOidsList()).containsExactly(2L);

    ListTransactionsResponse backwards =
        fixture.store().listTransactions(request.setBefore(0).setLimit(0).build());
    assertThat(backwards.getTransactionsList())
        .extracting(io.troika.api.v1.TransactionRecord::getTid)
        .containsExactly(third, second, first);
    assertThat(backwards.getMore()).isFalse();
  }

  @Test
  void transactionRecords_ofATransaction_inOidOrder() {
    long tid =
        fixture
            .store()
            .commit(transaction().addWrites(write(2, 0, "b")).addWrites(write(1, 0, "a")).build())
            .getTid();
    TransactionRecordsRequest request =
        TransactionRecordsRequest.newBuilder().setStorage("main").setTid(tid).build();
    List<RecordOfTransaction> records = new ArrayList<>();
    fixture.store().transactionRecords(request).forEachRemaining(records::add);
    assertThat(records).extracting(RecordOfTransaction::getOid).containsExactly(1L, 2L);
    assertThat(records.get(0).getData().toStringUtf8()).isEqualTo("a");
    TransactionRecordsRequest unknown = request.toBuilder().setTid(5).build();
    assertThat(error(() -> fixture.store().transactionRecords(unknown).next()).getCode())
        .isEqualTo(Code.UNKNOWN_TRANSACTION);
  }

  @Test
  void listObjects_inPages() {
    long tid = 0;
    for (int oid = 1; oid <= 5; oid++) {
      tid = commit(oid, 0, "x");
    }
    ListObjectsRequest request =
        ListObjectsRequest.newBuilder().setStorage("main").setAt(tid).setLimit(3).build();
    ListObjectsResponse page = fixture.store().listObjects(request);
    assertThat(page.getOidsList()).containsExactly(1L, 2L, 3L);
    assertThat(page.getMore()).isTrue();
    ListObjectsResponse rest =
        fixture.store().listObjects(request.toBuilder().setFrom(page.getNext()).build());
    assertThat(rest.getOidsList()).containsExactly(4L, 5L);
    assertThat(rest.getMore()).isFalse();
  }

  @Test
  void invalidationsSince_tid_listsOids() {
    long first = commit(1, 0, "a");
    long second = commit(2, 0, "b");
    InvalidationsSinceRequest.Builder request =
        InvalidationsSinceRequest.newBuilder()
            .setStorage("main")
            .setSince(first)
            .setFreshness(Freshness.LINEARIZABLE);
    InvalidationsSinceResponse response = fixture.store().invalidationsSince(request.build());
    assertThat(response.getComplete()).isTrue();
    assertThat(response.getUpTo()).isEqualTo(second);
    assertThat(response.getOidsList()).containsExactly(2L);
    assertThat(
            fixture.store().invalidationsSince(request.setSince(second + 9).build()).getComplete())
        .as("a future that this history does not have")
        .isFalse();
  }

  // Watch.

  private BlockingQueue<WatchEvent> watch(WatchRequest request) {
    BlockingQueue<WatchEvent> events = new LinkedBlockingQueue<>();
    ObjectStoreGrpc.newStub(fixture.channel)
        .watch(
            request,
            new StreamObserver<>() {
              @Override
              public void onNext(WatchEvent event) {
                events.add(event);
              }

              @Override
              public void onError(Throwable failure) {}

              @Override
              public void onCompleted() {
                events.add(WatchEvent.getDefaultInstance());
              }
            });
    return events;
  }

  private static WatchEvent next(BlockingQueue<WatchEvent> events) throws InterruptedException {
    WatchEvent event = events.poll(10, TimeUnit.SECONDS);
    assertThat(event).as("next event").isNotNull();
    return event;
  }

  @Test
  void watch_commitsAndLeader_areHeardInOrder() throws Exception {
    long first = commit(1, 0, "a");
    BlockingQueue<WatchEvent> events = watch(WatchRequest.newBuilder().setStorage("main").build());
    assertThat(next(events).getPosition().getTid()).isEqualTo(first);
    long second = commit(1, first, "b");
    WatchEvent committed = next(events);
    assertThat(committed.getCommitted().getTid()).isEqualTo(second);
    assertThat(committed.getCommitted().getOidsList()).containsExactly(1L);
    fixture.service.log.follow(2);
    assertThat(next(events).getLeader().getNodeId()).isEqualTo("n2");
    fixture.service.timer.advance(Duration.ofSeconds(3));
    assertThat(next(events).getHeartbeat().getLastTid()).isEqualTo(second);
  }

  @Test
  void watch_withoutOids_leavesThemOut() throws Exception {
    BlockingQueue<WatchEvent> events =
        watch(WatchRequest.newBuilder().setStorage("main").setWithoutOids(true).build());
    next(events);
    commit(1, 0, "a");
    assertThat(next(events).getCommitted().getOidsList()).isEmpty();
  }

  @Test
  void watch_frontStops_isLostAndEnds() throws Exception {
    BlockingQueue<WatchEvent> events = watch(WatchRequest.newBuilder().setStorage("main").build());
    next(events);
    fixture.front.stop();
    assertThat(next(events).hasLost()).isTrue();
    assertThat(next(events)).isEqualTo(WatchEvent.getDefaultInstance());
    assertThat(error(() -> commit(1, 0, "a")).getCode()).isEqualTo(Code.STOPPING);
  }

  @Test
  void watch_unknownStorage_isNotFound() {
    Iterator<WatchEvent> events =
        fixture.store().watch(WatchRequest.newBuilder().setStorage("other").build());
    assertThat(error(events::next).getCode()).isEqualTo(Code.UNKNOWN_STORAGE);
  }
}
