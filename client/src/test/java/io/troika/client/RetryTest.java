package io.troika.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.troika.api.v1.ErrorDetail;
import io.troika.client.fake.Errors;
import io.troika.client.fake.FakeCluster;
import io.troika.client.fake.Fault;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** How often calls are sent again, for how long, and what is said when that did not help. */
final class RetryTest {
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(1);

  private FakeCluster cluster;

  @BeforeEach
  void start() throws IOException {
    cluster = new FakeCluster(3);
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  private TroikaClient.Builder builder() {
    return TroikaClient.builder()
        .endpoints(cluster.endpoints())
        .callTimeout(CALL_TIMEOUT)
        .tryTimeout(Duration.ofMillis(200))
        .hedgeDelay(Duration.ofMillis(50));
  }

  @Test
  void message_noNodeReachable_namesEachAddressOnceWithTheReason() {
    try (TroikaClient warm = TroikaClient.connect(cluster.endpoints())) {
      FirstCalls.await(warm);
    }
    cluster.close();
    try (TroikaClient client = builder().build()) {
      assertThatThrownBy(() -> client.admin().status())
          .isInstanceOf(UnavailableException.class)
          .message()
          .matches("GetClusterStatus: no answer within 1 s, \\d+ tries \\(.*\\)")
          .contains(
              cluster.node(0).address() + ": connection refused",
              cluster.node(1).address() + ": connection refused",
              cluster.node(2).address() + ": connection refused")
          .satisfies(text -> assertThat(text.split("refused", -1)).hasSize(4));
    }
  }

  @Test
  void message_noLeader_saysWhatEachNodeSaid() {
    try (TroikaClient warm = TroikaClient.connect(cluster.endpoints())) {
      FirstCalls.await(warm);
    }
    cluster.elect(-1);
    cluster.node(2).kill();
    // A node answers that it knows of none only after it has waited for one.
    try (TroikaClient client = builder().callTimeout(Duration.ofSeconds(3)).build()) {
      assertThatThrownBy(() -> client.store("main").view())
          .isInstanceOf(UnavailableException.class)
          .hasMessage(
              "Begin: no answer within 3 s, 0 tries (no leader was found; %s: knows no leader;"
                  + " %s: knows no leader; %s: connection refused)",
              cluster.node(0).address(), cluster.node(1).address(), cluster.node(2).address());
    }
  }

  @Test
  void message_overloadedTillTheEnd_countsAndKeepsTheLastWord() {
    try (TroikaClient client = builder().build()) {
      FirstCalls.await(client);
      for (int i = 0; i < 1_000; i++) {
        cluster.failNext(
            "Begin", new Fault.Refusal(Errors.of(ErrorDetail.Code.OVERLOADED, "queue full")));
      }
      assertThatThrownBy(() -> client.store("main").view())
          .isInstanceOf(UnavailableException.class)
          .hasMessageMatching(
              "Begin: no answer within 1 s, \\d+ tries \\(.*: OVERLOADED: queue full,"
                  + " \\d+ times.*\\)")
          .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
    }
  }

  /** Not let in, too large for gRPC: nothing is said of a try before whose answer was lost. */
  static Stream<StatusRuntimeException> refusalsAtTheDoor() {
    return Stream.of(
        Errors.of(ErrorDetail.Code.PERMISSION_DENIED, "no longer granted"),
        Errors.of(ErrorDetail.Code.UNAUTHENTICATED, "the token is void"),
        Status.PERMISSION_DENIED.asRuntimeException(),
        Status.RESOURCE_EXHAUSTED.asRuntimeException());
  }

  @ParameterizedTest
  @MethodSource("refusalsAtTheDoor")
  void commit_refusedAtTheDoorAfterALostAnswer_hasAnUnknownOutcome(StatusRuntimeException refusal) {
    try (TroikaClient client = patient()) {
      FirstCalls.await(client);
      cluster.failNext("Commit", new Fault.AnswerLost());
      cluster.failNext("Commit", new Fault.Refusal(refusal));

      assertThatThrownBy(() -> commit(client)).isInstanceOf(CommitOutcomeUnknownException.class);
    }
  }

  @ParameterizedTest
  @MethodSource("refusalsAtTheDoor")
  void commit_refusedAtTheDoorAtOnce_isNotCommitted(StatusRuntimeException refusal) {
    try (TroikaClient client = patient()) {
      FirstCalls.await(client);
      cluster.failNext("Commit", new Fault.Refusal(refusal));

      assertThatThrownBy(() -> commit(client))
          .isInstanceOf(TroikaException.class)
          .isNotInstanceOf(CommitOutcomeUnknownException.class);
    }
  }

  /** What is answered here is answered to the first try, however slow the machine is. */
  private TroikaClient patient() {
    return TroikaClient.builder()
        .endpoints(cluster.endpoints())
        .callTimeout(Duration.ofMinutes(2))
        .tryTimeout(Duration.ofMinutes(1))
        .build();
  }

  private void refuseCommits(int times, ErrorDetail.Code code) {
    for (int i = 0; i < times; i++) {
      cluster.failNext("Commit", new Fault.Refusal(Errors.of(code, "not now")));
    }
  }

  private static void commit(TroikaClient client) {
    client.store("main").execute(tx -> tx.createAt(Oid.ROOT, Bytes.EMPTY));
  }

  @Test
  void budget_empty_aRepetitionWaitsForItsTokenAndIsNotGivenUp() {
    refuseCommits(2, ErrorDetail.Code.OVERLOADED);
    RetryBudget stingy = new RetryBudget(0, 1, 2);
    try (TroikaClient client =
        builder().callTimeout(Duration.ofSeconds(60)).retryBudget(stingy).build()) {
      long start = System.nanoTime();

      commit(client);

      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .as("the second repetition owes a token, two come in a second")
          .isGreaterThanOrEqualTo(Duration.ofMillis(400));
      assertThat(cluster.calls("Commit")).isEqualTo(3);
    }
  }

  @Test
  void budget_exhausted_manyCallsMakeFewRequests() {
    int calls = 20;
    RetryBudget stingy = new RetryBudget(0.1, 5, 1);
    Duration time = Duration.ofSeconds(3);
    try (TroikaClient client =
        builder().callTimeout(time).tryTimeout(time).retryBudget(stingy).build()) {
      FirstCalls.await(client);
      refuseCommits(1_000, ErrorDetail.Code.OVERLOADED);
      int before = cluster.calls("Commit");
      long start = System.nanoTime();
      List<CompletableFuture<Tid>> commits = new ArrayList<>();
      for (int i = 0; i < calls; i++) {
        Transaction tx = client.store("main").begin();
        tx.createAt(new Oid(i), Bytes.EMPTY);
        commits.add(tx.commitAsync());
      }
      assertThat(commits)
          .allSatisfy(
              commit ->
                  assertThat(commit)
                      .failsWithin(Duration.ofSeconds(60))
                      .withThrowableThat()
                      .withCauseInstanceOf(UnavailableException.class));
      int seconds = 1 + (int) Duration.ofNanos(System.nanoTime() - start).toSeconds();
      assertThat(cluster.calls("Commit") - before)
          .as("one each, a burst of 5, a tenth of the calls, one a second")
          .isBetween(calls, calls + 5 + 2 + seconds);
    }
  }

  /** Every fault that a try may meet, and what the next try makes of it. */
  static Stream<Fault> faults() {
    return Stream.of(
        new Fault.Silence(),
        new Fault.AnswerLost(),
        new Fault.AnswerSwallowed(),
        new Fault.Refusal(Errors.of(ErrorDetail.Code.OUTCOME_UNKNOWN, "leader lost")),
        new Fault.Refusal(Errors.of(ErrorDetail.Code.OVERLOADED, "queue full")),
        new Fault.Refusal(Errors.of(ErrorDetail.Code.LOCK_TIMEOUT, "locked")),
        new Fault.Refusal(Errors.of(ErrorDetail.Code.LAGGING, "behind")),
        new Fault.Refusal(Errors.of(ErrorDetail.Code.STOPPING, "stops")),
        new Fault.Refusal(Status.UNAVAILABLE.asRuntimeException()),
        new Fault.Refusal(Status.INTERNAL.asRuntimeException()));
  }

  @ParameterizedTest
  @MethodSource("faults")
  void commit_anyFaultThatPasses_isCommittedOnceAndKnown(Fault fault) {
    cluster.failNext("Commit", fault);
    cluster.failNext("Commit", fault);
    try (TroikaClient client = builder().callTimeout(Duration.ofSeconds(60)).build()) {
      commit(client);
    }
    assertThat(cluster.storage().transactionCount()).isEqualTo(1);
  }

  @ParameterizedTest
  @MethodSource("faults")
  void commit_faultTillTheEnd_unknownOnlyIfItMayHaveHappened(Fault fault) {
    boolean surelyNot =
        fault instanceof Fault.Refusal refusal
            && Errors.familyOf(refusal.answer())
                .filter(io.troika.api.v1.ErrorFamily.NOT_NOW::equals)
                .isPresent();
    try (TroikaClient client = builder().build()) {
      FirstCalls.await(client);
      for (int i = 0; i < 1_000; i++) {
        cluster.failNext("Commit", fault);
      }
      assertThatThrownBy(() -> commit(client))
          .isInstanceOf(
              surelyNot ? UnavailableException.class : CommitOutcomeUnknownException.class)
          .message()
          .startsWith("Commit: no answer within 1 s, ")
          .endsWith(surelyNot ? "nothing was committed" : " unknown");
    }
  }

  /** That the first try may have arrived is not unsaid by later ones that surely did nothing. */
  @Test
  void commit_silenceThenRefusals_staysUnknown() {
    try (TroikaClient client = builder().build()) {
      FirstCalls.await(client);
      cluster.failNext("Commit", new Fault.Silence());
      refuseCommits(1_000, ErrorDetail.Code.OVERLOADED);
      assertThatThrownBy(() -> commit(client)).isInstanceOf(CommitOutcomeUnknownException.class);
    }
  }
}
