package io.troika.server.front.grpc;

import static io.troika.server.front.grpc.FrontFixture.error;
import static io.troika.server.front.grpc.FrontFixture.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.api.v1.ErrorDetail.Code;
import io.troika.api.v1.Freshness;
import io.troika.api.v1.HistoryRequest;
import io.troika.api.v1.HistoryResponse;
import io.troika.api.v1.InvalidationsSinceRequest;
import io.troika.api.v1.InvalidationsSinceResponse;
import io.troika.api.v1.ListObjectsRequest;
import io.troika.api.v1.ListObjectsResponse;
import io.troika.api.v1.ListTransactionsRequest;
import io.troika.api.v1.ListTransactionsResponse;
import io.troika.api.v1.RecordOfTransaction;
import io.troika.api.v1.TransactionRecordsRequest;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Lists of revisions, transactions, objects and changes. */
final class HistoryCallsTest {
  private final FrontFixture fixture = new FrontFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void history_object_newestFirst() {
    long first = fixture.commit(1, 0, "a");
    long second = fixture.commit(1, first, "bb");
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
    long first = fixture.commit(1, 0, "a");
    long second = fixture.commit(2, 0, "b");
    long third = fixture.commit(3, 0, "c");
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
            .commit(
                fixture
                    .transaction()
                    .addWrites(write(2, 0, "b"))
                    .addWrites(write(1, 0, "a"))
                    .build())
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
      tid = fixture.commit(oid, 0, "x");
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
    long first = fixture.commit(1, 0, "a");
    long second = fixture.commit(2, 0, "b");
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
}
