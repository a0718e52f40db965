package io.troika.server.service.leader;

import io.troika.server.core.model.TransactionId;
import io.troika.server.service.commit.TransactionRequest;
import io.troika.server.service.commit.VoteAnswer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the clients of this node have voted and neither finished nor aborted. Each is voted for once
 * more under each new leader, at once: after a hand-over it so gets the locks that were kept for
 * it, and after a crash it is there before most who might want the same objects. Safe for any
 * thread.
 */
final class ClientVotes {
  /** How long a new leader is asked. Later the transaction has to see how it fares. */
  static final Duration REVOTE_MAX = Duration.ofSeconds(2);

  private static final Logger logger = LoggerFactory.getLogger(ClientVotes.class);

  private final Leader leader;
  private final Map<TransactionId, Vote> votes = new ConcurrentHashMap<>();

  /** Whoever leads. */
  interface Leader {
    CompletableFuture<VoteAnswer> vote(String storage, TransactionRequest request);

    void abort(String storage, TransactionId id);
  }

  private enum Phase {
    VOTED,
    FINISHING,
    ENDED
  }

  /** One of them. */
  private static final class Vote {
    private final String storage;
    private final TransactionRequest request;
    private Phase phase = Phase.VOTED; // guarded by this
    private long term; // guarded by this; of the newest vote that was answered
    private long askedTerm; // guarded by this; in which it was voted for last

    Vote(String storage, TransactionRequest request, long term) {
      this.storage = storage;
      this.request = request;
      this.term = term;
      this.askedTerm = term;
    }

    synchronized boolean ask(long newTerm) {
      if (phase != Phase.VOTED || newTerm <= askedTerm) {
        return false;
      }
      askedTerm = newTerm;
      return true;
    }

    /** Notes a vote; false if the transaction is over, and the locks are in vain. */
    synchronized boolean voted(long newTerm) {
      term = Math.max(term, newTerm);
      return phase != Phase.ENDED;
    }

    synchronized long finishing() {
      phase = Phase.FINISHING;
      return term;
    }

    synchronized void end() {
      phase = Phase.ENDED;
    }
  }

  ClientVotes(Leader leader) {
    this.leader = leader;
  }

  boolean isEmpty() {
    return votes.isEmpty();
  }

  void voted(String storage, TransactionRequest request, long term) {
    votes.put(request.id(), new Vote(storage, request, term));
  }

  /**
   * From now on it is not voted for any more.
   *
   * @param votedTerm the term of its vote, as far as the caller knows
   * @return the term of its newest vote
   */
  long finishing(TransactionId id, long votedTerm) {
    Vote vote = votes.get(id);
    return vote == null ? votedTerm : vote.finishing();
  }

  /** It is over, whatever became of it. */
  void ended(TransactionId id) {
    Vote vote = votes.remove(id);
    if (vote != null) {
      vote.end();
    }
  }

  /** There is a leader of this term, who may be asked. */
  void leaderChanged(long term) {
    votes.values().stream().filter(vote -> vote.ask(term)).forEach(this::voteAgain);
  }

  private void voteAgain(Vote vote) {
    TransactionId id = vote.request.id();
    var unused =
        leader
            .vote(vote.storage, vote.request)
            .whenComplete(
                (answer, failure) -> {
                  if (answer instanceof VoteAnswer.Voted voted) {
                    if (!vote.voted(voted.term())) {
                      leader.abort(vote.storage, id); // it may have overtaken the abort
                    }
                  } else {
                    logger.info(
                        "transaction {} lost its vote with its leader: {}",
                        id,
                        failure == null ? answer : failure.toString());
                  }
                });
  }
}
