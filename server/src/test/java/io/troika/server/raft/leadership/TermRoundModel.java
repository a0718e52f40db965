package io.troika.server.raft.leadership;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.division.LocalRaft;
import io.troika.server.raft.peers.FakePeers;
import io.troika.server.raft.peers.PeerTransport.PeerState;
import io.troika.server.raft.peers.Voters;
import io.troika.server.raft.threads.FakeTimer;
import io.troika.server.service.ports.Leadership;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/**
 * A small Raft group in one thread, every step of which is chosen by a seed: elections, votes,
 * replication and its acknowledgements, commits, applies, and the questions and answers of real
 * {@link TermRound}s, each of which can be late or lost. A node that is not chosen for long is one
 * that is paused: it goes on believing that it leads.
 *
 * <p>What is checked: a state that is served after a proof shows all that any node had applied, and
 * so could have acknowledged, when the proof was asked for.
 */
final class TermRoundModel {
  /** A defect to be put in; the model is worth nothing if it does not find it. */
  enum Defect {
    NONE,
    /** A voter's answer of an earlier question is taken again, as Ratis does (pitfall P0). */
    OLD_ANSWERS,
    /** The index noted is what the leader has applied, not what it has committed. */
    APPLIED_INDEX,
    /** The leader believes itself. */
    NO_MAJORITY,
    /** A new leader serves before it has applied an entry of its own term. */
    NOT_READY
  }

  private final Random random;
  private final Defect defect;
  private final FakeTimer timer = new FakeTimer();
  private final List<Node> nodes = new ArrayList<>();
  private final List<Runnable> messages = new ArrayList<>();
  private int acknowledged;
  private int proofs;
  private int refusals;
  private boolean stale;

  TermRoundModel(long seed, int size, Defect defect) {
    this.random = new Random(seed);
    this.defect = defect;
    IntStream.range(0, size).forEach(i -> nodes.add(new Node("n" + i)));
  }

  /** Runs it; true if a stale state was served. */
  boolean servesStale(int steps) {
    for (int step = 0; step < steps && !stale; step++) {
      step();
    }
    checkLogs();
    return stale;
  }

  int proofs() {
    return proofs;
  }

  int refusals() {
    return refusals;
  }

  private void step() {
    Node node = pick(nodes);
    Node other = pick(nodes);
    switch (random.nextInt(32)) {
      case 0 -> {
        // Rarely, or no term would live long enough for anything to happen in it.
        if (random.nextInt(4) == 0) {
          node.campaign();
        }
      }
      case 1, 2, 3, 4 -> node.askVote(other);
      case 5, 6, 7, 8, 9, 10 -> node.replicate(other);
      case 11 -> node.append();
      case 12, 13, 14 -> node.apply();
      case 15, 16 -> node.read();
      case 17, 18, 19, 20, 21, 22 -> node.openQuestion();
      case 23 -> timer.advance(Duration.ofMillis(random.nextInt(4)));
      default -> {
        if (!messages.isEmpty()) {
          messages.remove(random.nextInt(messages.size())).run();
        }
      }
    }
  }

  private Voters group() {
    return Voters.of(nodes.stream().map(node -> node.id).toArray(String[]::new));
  }

  private <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }

  /** The model itself must be a Raft: what one node has applied, every other applies alike. */
  private void checkLogs() {
    for (Node node : nodes) {
      for (Node other : nodes) {
        int both = Math.min(node.applied, other.applied);
        assertThat(node.log.subList(0, both)).isEqualTo(other.log.subList(0, both));
      }
    }
  }

  private final class Node implements LocalRaft {
    private final String id;
    private final FakePeers peers = new FakePeers();
    private final TermRound rounds =
        new TermRound(
            this,
            peers,
            timer,
            new TermRound.Settings(Duration.ofMillis(50), Duration.ofMillis(5), 100));
    private final Map<String, PeerState> oldAnswers = new HashMap<>();
    private long term;
    private boolean leader;
    private boolean candidate;
    private List<Entry> log = new ArrayList<>();
    private int committed;
    private int applied;
    private int firstOfTerm;
    private Set<String> votes = new HashSet<>();
    private Map<String, Integer> matched = new HashMap<>();
    private final List<Waiter> waiters = new ArrayList<>();

    Node(String id) {
      this.id = id;
    }

    void campaign() {
      if (!leader) {
        seeTerm(term + 1);
        candidate = true;
        votes = new HashSet<>(Set.of(id));
      }
    }

    /** A node's term rises before it votes, and with every message of a higher one. */
    private void seeTerm(long seen) {
      if (seen > term) {
        term = seen;
        leader = false;
        candidate = false;
      }
    }

    void askVote(Node voter) {
      if (!candidate || voter == this) {
        return;
      }
      long asked = term;
      Entry mine = last(log);
      int length = log.size();
      messages.add(
          () -> {
            boolean newer =
                mine.term > last(voter.log).term
                    || (mine.term == last(voter.log).term && length >= voter.log.size());
            // One vote a term: the term must rise with it.
            if (voter.term < asked) {
              voter.seeTerm(asked);
              if (newer) {
                messages.add(() -> granted(voter.id, asked));
              }
            }
          });
    }

    private void granted(String voter, long asked) {
      if (candidate && term == asked) {
        votes.add(voter);
        if (group().isMajority(votes::contains)) {
          candidate = false;
          leader = true;
          matched = new HashMap<>();
          append();
          firstOfTerm = log.size();
        }
      }
    }

    void append() {
      if (leader) {
        log = new ArrayList<>(log);
        log.add(new Entry(term, random.nextLong()));
      }
    }

    void replicate(Node to) {
      if (!leader || to == this) {
        return;
      }
      if (to.term > term) {
        if (random.nextInt(4) == 0) {
          seeTerm(to.term);
        }
        return;
      }
      to.seeTerm(term);
      to.candidate = false;
      to.log = log;
      to.committed = Math.max(to.committed, committed);
      int length = log.size();
      long sent = term;
      messages.add(() -> replicated(to.id, sent, length));
    }

    private void replicated(String follower, long sent, int length) {
      if (leader && term == sent) {
        matched.merge(follower, length, Math::max);
        for (int index = log.size(); index > committed; index--) {
          int reached = index;
          if (log.get(index - 1).term == term
              && group().isMajority(v -> v.equals(id) || matched.getOrDefault(v, 0) >= reached)) {
            committed = index;
          }
        }
      }
    }

    void apply() {
      if (applied < committed) {
        applied++;
        acknowledged = Math.max(acknowledged, applied);
        List<Waiter> reached = waiters.stream().filter(w -> w.index <= applied).toList();
        waiters.removeAll(reached);
        reached.forEach(waiter -> waiter.done.complete(null));
      }
    }

    void read() {
      int mustShow = acknowledged;
      var unused =
          rounds
              .prove()
              .whenComplete(
                  (proved, failure) -> {
                    if (failure != null) {
                      refusals++;
                    } else {
                      proofs++;
                      stale |= applied < mustShow;
                    }
                  });
    }

    /** A question of this node reaches its voter, or is lost. */
    void openQuestion() {
      if (peers.states.isEmpty()) {
        return;
      }
      var question = peers.states.remove(random.nextInt(peers.states.size()));
      if (random.nextInt(8) == 0) {
        question.answer().completeExceptionally(new IOException("lost"));
        return;
      }
      PeerState now =
          nodes.stream()
              .filter(n -> n.id.equals(question.peer()))
              .findFirst()
              .orElseThrow()
              .state();
      PeerState old = oldAnswers.put(question.peer(), now);
      PeerState answer = defect == Defect.OLD_ANSWERS && old != null ? old : now;
      messages.add(() -> question.answer().complete(answer));
    }

    private PeerState state() {
      return new PeerState(
          term, lastEntry(), committed, new LogPosition(term, applied), leader ? id : "", true);
    }

    @Override
    public String nodeId() {
      return id;
    }

    @Override
    public long term() {
      return term;
    }

    @Override
    public boolean leads(long asked) {
      boolean ready = applied >= firstOfTerm || defect == Defect.NOT_READY;
      return leader && asked == term && ready;
    }

    @Override
    public boolean follows() {
      return !leader && !candidate;
    }

    @Override
    public long committedIndex() {
      return defect == Defect.APPLIED_INDEX ? applied : committed;
    }

    @Override
    public long appliedIndex() {
      return applied;
    }

    @Override
    public CompletableFuture<Void> whenApplied(long index) {
      Waiter waiter = new Waiter(index, new CompletableFuture<>());
      waiters.add(waiter);
      return waiter.done;
    }

    @Override
    public LogPosition lastEntry() {
      return new LogPosition(last(log).term, log.size());
    }

    @Override
    public long startedMillis() {
      return 0;
    }

    @Override
    public Voters voters() {
      return defect == Defect.NO_MAJORITY ? Voters.of(id) : group();
    }

    @Override
    public Leadership leadership() {
      return new Leadership(term, leader ? id : "", "", leader);
    }

    @Override
    public void startElection(long asked) {
      campaign();
    }
  }

  private record Waiter(long index, CompletableFuture<Void> done) {}

  /** An entry; the nonce tells two entries of one term and place apart. */
  private record Entry(long term, long nonce) {
    static final Entry NONE = new Entry(0, 0);
  }

  private static Entry last(List<Entry> log) {
    return log.isEmpty() ? Entry.NONE : log.get(log.size() - 1);
  }
}
