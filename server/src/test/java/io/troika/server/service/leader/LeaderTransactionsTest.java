package io.troika.server.service.leader;

import static io.troika.server.service.ServiceFixture.PATIENCE;
import static io.troika.server.service.ServiceFixture.done;
import static io.troika.server.service.ServiceFixture.failure;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.command.Command.RestoreTransactions;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.OidsAllocated;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.service.ServiceFixture;
import io.troika.server.service.blobs.BlobChunk;
import io.troika.server.service.catalog.ExpectedHistory;
import io.troika.server.service.commit.Tenure;
import io.troika.server.service.commit.TransactionRequest;
import io.troika.server.service.commit.VoteAnswer;
import io.troika.server.service.commit.VoteAnswer.Voted;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.refusals.NotLeaderException;
import io.troika.server.service.refusals.OutcomeUnknownException;
import io.troika.server.service.refusals.RequestRefusedException;
import io.troika.server.service.refusals.StoppingException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LeaderTransactionsTest {
  private final ServiceFixture node = new ServiceFixture();
  private final OtherNode other = new OtherNode();

  /** Given to the executor: at a change of leader, one for the votes if there are any. */
  private int tasks;

  private final LeaderTransactions leader =
      new LeaderTransactions(
          node.service,
          node.timer,
          task -> {
            tasks++;
            task.run();
          },
          address -> {
            other.addresses.add(address);
            return other;
          });

  @AfterEach
  void close() {
    node.close();
  }

  /** Answers what the test says, or never. */
  private static final class OtherNode implements LeaderCalls {
    private final List<String> addresses = new ArrayList<>();
    private final List<TransactionId> committed = new ArrayList<>();
    private final List<ExpectedHistory> histories = new ArrayList<>();
    private final Map<TransactionId, CompletableFuture<VoteAnswer>> votes = new HashMap<>();
    private final List<TransactionId> aborted = new ArrayList<>();
    private CompletableFuture<Tid> newest = new CompletableFuture<>();

    /** What the last vote for it will be answered. */
    CompletableFuture<VoteAnswer> voteOf(TransactionRequest request) {
      return Objects.requireNonNull(votes.get(request.id()));
    }

    @Override
    public CompletableFuture<Tid> newestTid(String storage, Duration patience) {
      return newest;
    }

    @Override
    public CompletableFuture<VoteAnswer> vote(
        String storage, ExpectedHistory history, TransactionRequest request, Duration patience) {
      histories.add(history);
      CompletableFuture<VoteAnswer> vote = new CompletableFuture<>();
      votes.put(request.id(), vote);
      return vote;
    }

    @Override
    public CompletableFuture<TransactionOutcome> finish(
        String storage, TransactionId id, Duration patience) {
      return CompletableFuture.failedFuture(Tenure.unknownSession(id));
    }

    @Override
    public CompletableFuture<TransactionOutcome> commit(
        String storage, ExpectedHistory history, TransactionRequest request, Duration patience) {
      histories.add(history);
      committed.add(request.id());
      return CompletableFuture.completedFuture(new Committed(new Tid(42)));
    }

    @Override
    public CompletableFuture<TransactionOutcome> restore(
        String storage, RestoreTransactions command, Duration patience) {
      return new CompletableFuture<>();
    }

    @Override
    public CompletableFuture<Void> abort(String storage, TransactionId id, Duration patience) {
      aborted.add(id);
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<Void> abandon(String storage, TransactionId id, Duration patience) {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<BlobReference> stage(
        String storage, BlobChunk chunk, Duration patience) {
      return new CompletableFuture<>();
    }

    @Override
    public CompletableFuture<OidsAllocated> allocateOids(
        String storage, int count, Duration patience) {
      return new CompletableFuture<>();
    }

    @Override
    public CompletableFuture<Tid> pack(
        String storage, Tid horizon, boolean collectGarbage, String by, Duration patience) {
      return new CompletableFuture<>();
    }

    @Override
    public CompletableFuture<Void> createStorage(String name, Duration patience) {
      return new CompletableFuture<>();
    }
  }

  @Test
  void newestTid_thisNodeLeads_isAskedHere() {
    Tid tid = node.commit(1, Tid.NONE, "a");

    assertThat(done(leader.newestTid("main", PATIENCE))).isEqualTo(tid);
    assertThat(other.addresses).isEmpty();
  }

  @Test
  void newestTid_anotherLeads_isAskedThere() {
    node.log.follow(2);
    other.newest.complete(new Tid(7));

    assertThat(done(leader.newestTid("main", PATIENCE))).isEqualTo(new Tid(7));
    assertThat(other.addresses).containsExactly("127.0.0.1:7402");
  }

  @Test
  void newestTid_leaderSilentAndAnotherElected_isAskedAgainAtOnce() {
    Tid tid = node.commit(1, Tid.NONE, "a");
    node.log.follow(2);
    CompletableFuture<Tid> answer = leader.newestTid("main", PATIENCE);
    assertThat(answer).isNotDone();
    node.log.lead(3);

    assertThat(done(answer)).isEqualTo(tid);
  }

  @Test
  void newestTid_noLeader_waitsForOneAndGivesUpInTime() {
    node.log.loseLeader(2);
    CompletableFuture<Tid> found = leader.newestTid("main", PATIENCE);
    CompletableFuture<Tid> lost = leader.newestTid("main", Duration.ofMillis(100));
    for (int i = 0; i < 10; i++) {
      node.timer.advance(Duration.ofMillis(20));
    }
    assertThat(failure(lost)).isInstanceOf(NotLeaderException.class);
    assertThat(found).isNotDone();
    node.log.lead(3);
    node.timer.advance(Duration.ofSeconds(1));

    assertThat(done(found)).isEqualTo(Tid.NONE);
  }

  @Test
  void newestTid_connectionLost_isAskedAgain() {
    node.log.follow(2);
    CompletableFuture<Tid> first = other.newest;
    CompletableFuture<Tid> answer = leader.newestTid("main", PATIENCE);
    other.newest = CompletableFuture.completedFuture(new Tid(9));
    first.completeExceptionally(
        new OutcomeUnknownException("lost", new IllegalStateException("test")));
    node.timer.advance(Duration.ofSeconds(1));

    assertThat(done(answer)).isEqualTo(new Tid(9));
  }

  @Test
  void finish_votedElsewhereOrForgotten_isSentWholeUnderTheSameId() {
    node.log.follow(2);
    TransactionRequest request = node.writing(ServiceFixture.write(1, Tid.NONE, "a"));

    assertThat(done(leader.finish("main", request, 2, PATIENCE)))
        .isEqualTo(new Committed(new Tid(42)));
    assertThat(done(leader.finish("main", request, 1, PATIENCE)))
        .isEqualTo(new Committed(new Tid(42)));
    assertThat(other.committed).containsExactly(request.id(), request.id());
    assertThat(leader.vote("main", request, PATIENCE)).isNotDone();
    ExpectedHistory meant = ExpectedHistory.of(node.service.reads().storage("main"));
    assertThat(other.histories)
        .as("of the storage, not only its name")
        .containsExactly(meant, meant, meant);
  }

  private TransactionRequest votedHere() {
    TransactionRequest request = node.writing(ServiceFixture.write(1, Tid.NONE, "a"));
    assertThat(done(leader.vote("main", request, PATIENCE))).isInstanceOf(Voted.class);
    return request;
  }

  @Test
  void voted_anotherLeads_isVotedForThereAtOnceAndFinishedById() {
    TransactionRequest request = votedHere();
    node.log.follow(2);
    other.voteOf(request).complete(new Voted(PATIENCE, 2));
    node.log.lead(3);
    assertThat(node.service.transactions().vote(request, PATIENCE)).isDone();

    assertThat(done(leader.finish("main", request, 1, PATIENCE))).isInstanceOf(Committed.class);
    assertThat(other.committed).isEmpty();
    int before = tasks;
    node.log.follow(4);
    assertThat(other.histories).as("nothing is voted for twice, or once it is over").hasSize(1);
    assertThat(tasks).as("and it is remembered no more").isEqualTo(before);
  }

  @Test
  void voted_abortedWhileItIsVotedForAnew_isAbortedOnceMore() {
    TransactionRequest request = votedHere();
    node.log.follow(2);
    done(leader.abort("main", request.id(), PATIENCE));
    other.aborted.clear();
    other.voteOf(request).complete(new Voted(PATIENCE, 2));

    assertThat(other.aborted).containsExactly(request.id());
  }

  @Test
  void voted_anotherLeadsBeforeTheAnswerIsHere_isVotedForThereToo() {
    TransactionRequest request = node.writing(ServiceFixture.write(1, Tid.NONE, "a"));
    node.log.follow(2);
    CompletableFuture<VoteAnswer> vote = leader.vote("main", request, PATIENCE);
    CompletableFuture<VoteAnswer> first = other.voteOf(request);
    node.log.changeSilently(new Leadership(3, "n3", "127.0.0.1:7403", false));
    first.complete(new Voted(PATIENCE, 2));

    assertThat(done(vote)).isInstanceOf(Voted.class);
    assertThat(other.voteOf(request)).isNotSameAs(first);
    assertThat(other.addresses).endsWith("127.0.0.1:7403");
  }

  @Test
  void call_refused_isNotAskedAgain() {
    assertThat(failure(leader.newestTid("nowhere", PATIENCE)))
        .isInstanceOf(RequestRefusedException.class);
    assertThat(node.log.proofCount()).isEqualTo(1);
  }

  /** Else whoever waits for it would wait for ever. */
  @Test
  void leaderCantBeConnectedTo_asWhenThisNodeStops_failsAtOnce() {
    LeaderTransactions stopping =
        new LeaderTransactions(
            node.service,
            node.timer,
            Runnable::run,
            address -> {
              throw new StoppingException("this node stops");
            });
    node.log.follow(2);

    assertThat(stopping.newestTid("main", ServiceFixture.PATIENCE)).isCompletedExceptionally();
  }
}
