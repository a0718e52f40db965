package io.troika.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.troika.api.v1.ErrorDetail;
import io.troika.api.v1.LeaderHint;
import io.troika.client.fake.Errors;
import io.troika.client.fake.FakeCluster;
import io.troika.client.fake.Fault;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What happens to calls when leaders change, nodes die, hang or lie. */
final class FailoverTest {
  /** How long one try may take: what ends sooner was not waited for. */
  private static final Duration TRY_TIMEOUT = Duration.ofMinutes(2);

  /** Far less than a try may take, and enough for a busy machine. */
  private static final Duration SOON = Duration.ofMinutes(1);

  /** Too long for a name, so that no name server is asked, however slow it is. */
  private static final String NOWHERE = "n".repeat(64) + ".invalid:7400";

  /** Long enough for every node to have refused once. */
  private static final Duration A_WHILE = Duration.ofMillis(300);

  private final RecordingListener listener = new RecordingListener();
  private final ExecutorService background = Executors.newSingleThreadExecutor();
  private FakeCluster cluster;
  private TroikaClient client;
  private ObjectStore store;

  @BeforeEach
  void start() throws IOException {
    cluster = new FakeCluster(3);
    use(Duration.ofMinutes(4), TRY_TIMEOUT);
  }

  /** From here on with a new client. */
  private void use(Duration callTimeout, Duration tryTimeout) {
    client =
        TroikaClient.builder()
            .endpoints(cluster.endpoints())
            .callTimeout(callTimeout)
            .tryTimeout(tryTimeout)
            .hedgeDelay(Duration.ofMillis(100))
            .listener(listener)
            .build();
    store = client.store("main");
  }

  @AfterEach
  void stop() {
    client.close();
    cluster.close();
    background.shutdownNow();
    assertThat(listener.open).isEmpty();
    assertThat(listener.unpaired).hasValue(0);
  }

  private Oid create() {
    return store.run(tx -> tx.create("x", Codec.UTF8));
  }

  /** What takes long the first time is done with a client of much time; one of less follows. */
  private void warmUp() {
    create();
    client.close();
  }

  private Duration timed(Runnable action) {
    long start = System.nanoTime();
    action.run();
    return Duration.ofNanos(System.nanoTime() - start);
  }

  @Test
  void commit_leaderKilled_goesToTheNextLeader() {
    create();
    cluster.node(0).kill();
    cluster.elect(1);

    assertThat(timed(this::create)).isLessThan(SOON);
    assertThat(client.leader().address()).isEqualTo(cluster.node(1).address());
  }

  @Test
  void commit_leaderKilledAndElectionLater_waitsForTheElection() {
    create();
    cluster.node(0).kill();
    CompletableFuture<Oid> created = createInBackground();
    assertThat(created).failsWithin(A_WHILE).withThrowableOfType(TimeoutException.class);

    cluster.elect(2);

    assertThat(created).succeedsWithin(SOON);
  }

  private CompletableFuture<Oid> createInBackground() {
    return CompletableFuture.supplyAsync(this::create, background);
  }

  @Test
  void commit_leaderNamedByAnAddressOfAnotherNetwork_goesToTheEndpointThatAnsweredAsIt() {
    warmUp();
    use(Duration.ofSeconds(8), TRY_TIMEOUT);
    cluster.hint(this::asNodesCallIt);
    create();

    cluster.node(0).kill();
    cluster.elect(2);
    create();
    assertThat(client.leader().address()).isEqualTo(cluster.node(2).address());

    cluster.node(2).kill();
    cluster.elect(-1);
    // The dying node may have taken the commit: then the outcome is unknown, else there is no
    // leader.
    assertThatThrownBy(this::create)
        .as("names that mean nothing here are asked no more")
        .isInstanceOf(TroikaException.class)
        .hasMessageNotContaining(NOWHERE);
  }

  /** A name that nobody outside the nodes' own network can look up. */
  private LeaderHint asNodesCallIt(int asked) {
    LeaderHint truth = cluster.truth(asked);
    return truth.getNodeId().isEmpty()
        ? truth
        : truth.toBuilder().setClientAddress(truth.getNodeId() + NOWHERE).build();
  }

  @Test
  void commit_oneAddressForSeveralNodes_goesWhereTheRefusingNodePoints() {
    // Says that it is the leader, and refuses: another node is behind the address than before.
    cluster.node(1).answerAs("n0");
    try (TroikaClient other =
        TroikaClient.builder()
            .endpoints(cluster.node(1).address())
            .callTimeout(Duration.ofSeconds(60))
            .build()) {
      // Its watch may hear the other's claim again just after a commit, but not after each.
      await()
          .until(
              () -> {
                other.store("main").run(tx -> tx.create("x", Codec.UTF8));
                return other.leader().address().equals(cluster.node(0).address());
              });
    }
  }

  @Test
  void commit_leaderHangs_isLeftWhenAnotherLeads() {
    create();
    cluster.node(0).hang();
    cluster.elect(1);

    assertThat(timed(this::create)).isLessThan(SOON);
  }

  @Test
  void commit_leaderHangsWithItsOldHint_isLeftWhenAnotherLeads() {
    create();
    LeaderHint old = cluster.truth(0);
    cluster.node(0).hang();
    cluster.elect(1);
    cluster.hint(i -> i == 0 ? old : cluster.truth(i));

    assertThat(timed(this::create)).isLessThan(SOON);
  }

  @Test
  void load_nodeHangs_isAnsweredByAnother() {
    Oid oid = create();
    Tid tid = new Tid(cluster.storage().lastTid());
    cluster.node(0).hang();

    try (ReadView view = store.viewAt(tid)) {
      assertThat(timed(() -> view.find(oid))).isLessThan(SOON);
    }
  }

  @Test
  void load_nodeLags_isAnsweredByAnother() {
    cluster.node(0).lagAt(1);
    cluster.elect(1);
    Oid oid = create();

    try (ReadView view = store.viewAt(new Tid(cluster.storage().lastTid()))) {
      assertThat(view.find(oid)).isPresent();
    }
  }

  @Test
  void commit_planTransfer_isNotNoticed() {
    create();
    cluster.elect(1);
    cluster.elect(2);

    assertThat(timed(this::create)).isLessThan(SOON);
  }

  @Test
  void commit_hintMissing_findsTheLeaderByAsking() {
    create();
    cluster.elect(2);
    cluster.hint(i -> i == 2 ? cluster.truth(2) : LeaderHint.getDefaultInstance());

    assertThat(timed(this::create)).isLessThan(SOON);
  }

  @Test
  void commit_hintToADeadNode_findsTheLeaderByAsking() {
    create();
    cluster.node(1).kill();
    LeaderHint dead =
        LeaderHint.newBuilder()
            .setTerm(2)
            .setNodeId("n1")
            .setClientAddress(cluster.node(1).address())
            .build();
    cluster.elect(2);
    cluster.elect(2);
    cluster.hint(i -> i == 2 ? cluster.truth(2) : dead);

    assertThat(timed(this::create)).isLessThan(SOON);
  }

  @Test
  void commit_nodesNameEachOther_endsAtTheDeadlineWithFewTries() {
    warmUp();
    cluster.elect(-1);
    LeaderHint first = hintTo(0);
    LeaderHint second = hintTo(1);
    cluster.hint(i -> i == 0 ? second : first);
    use(Duration.ofSeconds(2), Duration.ofMillis(800));

    assertThatThrownBy(this::create)
        .isInstanceOf(UnavailableException.class)
        .satisfies(e -> assertThat(e.getSuppressed()).isNotEmpty());
    assertThat(listener.retries).hasSizeBetween(2, 40);
  }

  private LeaderHint hintTo(int index) {
    return LeaderHint.newBuilder()
        .setTerm(9)
        .setNodeId("n" + index)
        .setClientAddress(cluster.node(index).address())
        .build();
  }

  @Test
  void commit_answerLost_isCommittedOnce() {
    cluster.failNext("Commit", new Fault.AnswerLost());

    create();

    assertThat(cluster.storage().transactionCount()).isEqualTo(1);
    assertThat(cluster.calls("Commit")).isEqualTo(2);
  }

  /** The others wait for a newer leader before they answer; the lost one is asked if it leads. */
  @Test
  void commit_connectionLostToAStandingLeader_isNoElection() {
    create();
    cluster.failNext("Commit", new Fault.AnswerLost());

    assertThat(timed(this::create)).isLessThan(SOON);
    assertThat(client.leader().address()).isEqualTo(cluster.node(0).address());
  }

  @Test
  void commit_answerSwallowed_isCommittedOnce() {
    client.close();
    use(Duration.ofMinutes(4), Duration.ofMillis(500));
    cluster.failNext("Commit", new Fault.AnswerSwallowed());

    create();

    assertThat(cluster.storage().transactionCount()).isEqualTo(1);
  }

  @Test
  void commit_answerLostAndNoLeaderAfter_outcomeUnknownWithId() {
    warmUp();
    use(Duration.ofSeconds(4), Duration.ofMillis(1_200));
    create();
    cluster.failNext("Commit", new Fault.AnswerSwallowed());
    for (int i = 0; i < 3; i++) {
      cluster.failNext("Commit", new Fault.Silence());
    }
    try (Transaction tx = store.begin()) {
      tx.create("y", Codec.UTF8);
      assertThatThrownBy(tx::commit)
          .isInstanceOfSatisfying(
              CommitOutcomeUnknownException.class,
              e ->
                  assertThat(client.outcome(e.transaction()))
                      .isEqualTo(new Outcome.Committed(new Tid(cluster.storage().lastTid()))));
    }
  }

  @Test
  void commit_neverArrivedAnywhere_certainlyNothingHappened() {
    client.close();
    use(Duration.ofMillis(300), Duration.ofMillis(800));
    cluster.close();

    assertThatThrownBy(() -> store.execute(tx -> tx.createAt(new Oid(5), Bytes.EMPTY)))
        .isInstanceOf(UnavailableException.class);
  }

  @Test
  void abandon_beforeItArrives_neverCommits() {
    warmUp();
    use(Duration.ofSeconds(3), Duration.ofMillis(1_600));
    create();
    cluster.failNext("Commit", new Fault.Silence());
    cluster.failNext("Commit", new Fault.Silence());
    assertThatThrownBy(this::create)
        .isInstanceOfSatisfying(
            CommitOutcomeUnknownException.class,
            e -> {
              assertThat(client.outcome(e.transaction())).isEqualTo(new Outcome.NotSeen());
              assertThat(client.abandon(e.transaction())).isEqualTo(new Outcome.Abandoned());
              assertThat(client.outcome(e.transaction())).isEqualTo(new Outcome.Abandoned());
            });
  }

  @Test
  void commit_overloaded_isSentAgain() {
    cluster.failNext(
        "Commit", new Fault.Refusal(Errors.of(ErrorDetail.Code.OVERLOADED, "queue full")));
    cluster.failNext(
        "Commit", new Fault.Refusal(Errors.of(ErrorDetail.Code.LOCK_TIMEOUT, "locked")));

    create();

    assertThat(cluster.calls("Commit")).isEqualTo(3);
  }

  @Test
  void commit_overItsRate_isSentAgainNotBeforeTheServerSaid() {
    cluster.failNext("Commit", new Fault.Refusal(Errors.rateExceeded(Duration.ofMillis(300))));

    create();

    assertThat(cluster.calls("Commit")).isEqualTo(2);
    assertThat(listener.longestPause()).isGreaterThanOrEqualTo(Duration.ofMillis(300));
  }

  @Test
  void commit_nodeBroken_failsAtOnce() {
    cluster.failNext(
        "Commit", new Fault.Refusal(Errors.of(ErrorDetail.Code.CORRUPT, "checksum of file 7")));

    assertThatThrownBy(this::create)
        .isInstanceOf(BrokenException.class)
        .hasMessageContaining("checksum of file 7");
    assertThat(cluster.calls("Commit")).isEqualTo(1);
  }

  @Test
  void call_storageUnknown_failsAtOnce() {
    assertThatThrownBy(() -> client.store("unknown").view())
        .isInstanceOf(UnknownStorageException.class);
  }

  @Test
  void leader_deadNodeComesBack_isReachedAgain() throws IOException {
    create();
    cluster.node(0).kill();
    cluster.elect(1);
    create();
    cluster.node(0).restart();
    cluster.elect(0);
    cluster.node(1).kill();

    assertThat(timed(this::create)).isLessThan(SOON);
  }

  @Test
  void commit_noNodeReachableForAWhile_waitsForTheFirstThatIs() throws IOException {
    create();
    for (int i = 0; i < cluster.size(); i++) {
      cluster.node(i).kill();
    }
    CompletableFuture<Oid> created = createInBackground();
    assertThat(created).failsWithin(A_WHILE).withThrowableOfType(TimeoutException.class);

    cluster.node(1).restart();
    cluster.elect(1);

    assertThat(created).succeedsWithin(SOON);
  }
}
