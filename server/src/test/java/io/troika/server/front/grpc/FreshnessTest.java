package io.troika.server.front.grpc;

import static io.troika.server.front.grpc.FrontFixture.error;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.api.v1.ErrorDetail;
import io.troika.api.v1.ErrorDetail.Code;
import io.troika.api.v1.Freshness;
import io.troika.api.v1.GetStorageRequest;
import io.troika.api.v1.HistoryRequest;
import io.troika.api.v1.ListTransactionsRequest;
import io.troika.api.v1.ListTransactionsResponse;
import io.troika.api.v1.TransactionRecordsRequest;
import io.troika.server.core.model.Tid;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.refusals.NotLeaderException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Reads that name no tid: how new the answer is, on a leader, a follower and a deposed leader. */
final class FreshnessTest {
  private final FrontFixture fixture = new FrontFixture();
  private Tid first = Tid.NONE;

  @BeforeEach
  void commitFirst() {
    first = fixture.service.commit(1, Tid.NONE, "a");
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  /** Each read, as the newest tid that its answer knows of. */
  private enum Read {
    STORAGE {
      @Override
      long newest(FrontFixture fixture, Freshness freshness, long atLeast) {
        return fixture
            .store()
            .getStorage(
                GetStorageRequest.newBuilder()
                    .setStorage("main")
                    .setFreshness(freshness)
                    .setAtLeast(atLeast)
                    .build())
            .getStorage()
            .getLastTid();
      }
    },
    HISTORY {
      @Override
      long newest(FrontFixture fixture, Freshness freshness, long atLeast) {
        return fixture
            .store()
            .history(
                HistoryRequest.newBuilder()
                    .setStorage("main")
                    .setOid(1)
                    .setFreshness(freshness)
                    .setAtLeast(atLeast)
                    .build())
            .getEntries(0)
            .getTid();
      }
    },
    TRANSACTIONS {
      @Override
      long newest(FrontFixture fixture, Freshness freshness, long atLeast) {
        ListTransactionsResponse page =
            fixture
                .store()
                .listTransactions(
                    ListTransactionsRequest.newBuilder()
                        .setStorage("main")
                        .setBefore(0)
                        .setFreshness(freshness)
                        .setAtLeast(atLeast)
                        .build());
        assertThat(page.getUpTo()).isEqualTo(page.getTransactions(0).getTid());
        return page.getUpTo();
      }
    },
    /** Its tid is at_least. */
    RECORDS {
      @Override
      long newest(FrontFixture fixture, Freshness freshness, long atLeast) {
        fixture
            .store()
            .transactionRecords(
                TransactionRecordsRequest.newBuilder()
                    .setStorage("main")
                    .setTid(atLeast)
                    .setFreshness(freshness)
                    .build())
            .next();
        return atLeast;
      }
    };

    abstract long newest(FrontFixture fixture, Freshness freshness, long atLeast);
  }

  private <T> CompletableFuture<T> elsewhere(Supplier<T> call) {
    return CompletableFuture.supplyAsync(call, task -> new Thread(task).start());
  }

  @ParameterizedTest
  @EnumSource
  void session_followerBehind_waitsForAtLeast(Read read) {
    fixture.service.log.follow(2);
    long awaited = first.value() + 1_000; // the next tid of the fake log's clock
    CompletableFuture<Long> answer =
        elsewhere(() -> read.newest(fixture, Freshness.SESSION, awaited));
    Awaitility.await().until(() -> fixture.service.timer.pending() > 1);

    Tid second = fixture.service.commitElsewhere(1, first, "b");

    assertThat(second.value()).isEqualTo(awaited);
    assertThat(answer).succeedsWithin(Duration.ofMinutes(1)).isEqualTo(second.value());
  }

  @ParameterizedTest
  @EnumSource
  void session_followerStaysBehind_lags(Read read) {
    fixture.service.log.follow(2);
    CompletableFuture<ErrorDetail> answer =
        elsewhere(() -> error(() -> read.newest(fixture, Freshness.SESSION, first.value() + 1)));
    Awaitility.await().until(() -> fixture.service.timer.pending() > 1);
    fixture.service.timer.advance(Duration.ofSeconds(5));

    assertThat(answer)
        .succeedsWithin(Duration.ofMinutes(1))
        .extracting(ErrorDetail::getCode)
        .isEqualTo(Code.LAGGING);
  }

  /** A leader that was deposed and does not know must not answer from its old state. */
  @ParameterizedTest
  @EnumSource
  void linearizable_deposedLeader_isRefused(Read read) {
    fixture.service.log.failProofs(
        new NotLeaderException(new Leadership(2, "n2", "127.0.0.1:7402", false)));

    ErrorDetail detail = error(() -> read.newest(fixture, Freshness.LINEARIZABLE, first.value()));

    assertThat(detail.getCode()).isEqualTo(Code.NOT_LEADER);
    assertThat(detail.getLeader().getNodeId()).isEqualTo("n2");
  }

  @ParameterizedTest
  @EnumSource
  void linearizable_leader_provesItself(Read read) {
    long before = fixture.service.log.proofCount();
    assertThat(read.newest(fixture, Freshness.LINEARIZABLE, first.value()))
        .isEqualTo(first.value());
    assertThat(fixture.service.log.proofCount()).isEqualTo(before + 1);
  }

  /** As clients asked before requests could say it. */
  @ParameterizedTest
  @EnumSource
  void unspecified_follower_answersWhatItHas(Read read) {
    fixture.service.log.follow(2);
    long before = fixture.service.log.proofCount();
    assertThat(read.newest(fixture, Freshness.FRESHNESS_UNSPECIFIED, first.value()))
        .isEqualTo(first.value());
    assertThat(fixture.service.log.proofCount()).isEqualTo(before);
  }

  static Stream<Freshness> all() {
    return Stream.of(Freshness.FRESHNESS_UNSPECIFIED, Freshness.LINEARIZABLE, Freshness.SESSION);
  }

  @ParameterizedTest
  @MethodSource("all")
  void records_unknownTransactionOfThePast_isUnknown(Freshness freshness) {
    TransactionRecordsRequest request =
        TransactionRecordsRequest.newBuilder()
            .setStorage("main")
            .setTid(first.value() - 1)
            .setFreshness(freshness)
            .build();
    assertThat(error(() -> fixture.store().transactionRecords(request).next()).getCode())
        .isEqualTo(Code.UNKNOWN_TRANSACTION);
  }
}
