package io.troika.server.raft.leadership;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.TransactionId;
import io.troika.server.raft.peers.FakePeers;
import io.troika.server.service.ports.VoteKeeper;
import io.troika.server.service.ports.VotedTransaction;
import io.troika.server.service.ports.VotedTransaction.Locked;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What happens around a transfer of leadership, in which order. */
class VoteHandOverTest {
  private final List<String> events = new ArrayList<>();
  private final FakePeers peers = new FakePeers();
  private final VoteHandOver handOver = new VoteHandOver(() -> 7, peers);
  private final CompletableFuture<String> transfer = new CompletableFuture<>();
  private List<VotedTransaction> voted = List.of(locking(1, 3));
  private boolean unreadable;

  @BeforeEach
  void keep() {
    handOver.setKeeper(
        new VoteKeeper() {
          @Override
          public List<VotedTransaction> suspend() {
            events.add("suspended");
            if (unreadable) {
              throw new IllegalStateException("what it locks can't be read");
            }
            return voted;
          }

          @Override
          public void resume() {
            events.add("resumed");
          }

          @Override
          public void keep(long term, List<VotedTransaction> kept) {
            events.add("kept of term " + term);
          }
        });
  }

  private CompletableFuture<String> start() {
    return handOver.around(
        "n2",
        () -> {
          events.add("transfer");
          return transfer;
        });
  }

  @Test
  void around_voted_theSuccessorKnowsBeforeItLeads() {
    CompletableFuture<String> done = start();
    assertThat(events).containsExactly("suspended");
    FakePeers.take(peers.votes, "n2").complete(null);
    assertThat(events).containsExactly("suspended", "transfer");
    transfer.complete("done");

    assertThat(done).isCompletedWithValue("done");
    assertThat(events).containsExactly("suspended", "transfer", "resumed");
  }

  @Test
  void around_nothingVoted_nobodyIsTold() {
    voted = List.of();
    var unused = start();

    assertThat(peers.votes).isEmpty();
    assertThat(events).containsExactly("suspended", "transfer");
  }

  @Test
  void around_successorOfAnOlderVersion_leadsAllTheSame() {
    var unused = start();
    FakePeers.take(peers.votes, "n2").completeExceptionally(new IllegalStateException("what?"));

    assertThat(events).containsExactly("suspended", "transfer");
  }

  @Test
  void around_transferFails_votesAreAnsweredAgain() {
    voted = List.of();
    CompletableFuture<String> done = start();
    transfer.completeExceptionally(new IllegalStateException("too late"));

    assertThat(done).isCompletedExceptionally();
    assertThat(events).endsWith("resumed");
  }

  @Test
  void around_whatIsVotedCannotBeTold_votesAreAnsweredAgain() {
    unreadable = true;

    assertThat(start()).isCompletedExceptionally();
    assertThat(events).containsExactly("suspended", "resumed");
  }

  @Test
  void fitting_moreThanOneMessageTakes_theLargeOnesGoWithout() {
    VotedTransaction large = locking(1, VoteHandOver.LOCKS_MAX);
    VotedTransaction small = locking(2, 1);
    VotedTransaction empty = locking(3, 0);

    assertThat(VoteHandOver.fitting(List.of(large, small, empty))).containsExactly(empty, small);
    assertThat(VoteHandOver.fitting(List.of(large))).containsExactly(large);
  }

  private static VotedTransaction locking(long sequence, int count) {
    List<Oid> oids = LongStream.range(0, count).mapToObj(Oid::new).toList();
    return new VotedTransaction(
        new TransactionId(new UUID(1, 2), sequence),
        List.of(new Locked(new StorageId(1), oids, List.of())));
  }
}
