package io.troika.server.raft;

import static java.util.stream.Collectors.joining;

import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.PeerTransport.PeerState;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a node that has lost something into its group: its whole directory, or only the record of
 * its vote. It may be new, as all others, or it may have forgotten what it had voted and
 * acknowledged; as an ordinary voter it could then help to elect a leader that lacks acknowledged
 * transactions. So before its Raft part is made it asks the others, again and again, and goes in by
 * one of three ways:
 *
 * <ol>
 *   <li><em>Beginning</em>: its directory is empty, and all other members answer that they have no
 *       entry either.
 *   <li><em>Return</em>: a majority, counted without this node and without others that have
 *       forgotten, answers; then no leader and no term that this node ever helped to make is newer
 *       than the newest answer. It begins as one who has voted for the leader of that term or a
 *       later one. If it has no log it takes that leader's state before, which must reach as far as
 *       that leader's log did when it was asked. So it knows at least what it had forgotten.
 *   <li><em>Resumption</em>: it has its log, and so have all others, though too many have lost
 *       their votes. Then no leader has left an entry of a newer term than the newest in these
 *       logs; it begins in a term above any that was forgotten.
 * </ol>
 *
 * <p>A vote that it gave before may still be on its way to a candidate; so a return waits until any
 * election of that time is over. The whole argument is in DESIGN.md. Safe for any thread.
 */
final class Arrival {
  private static final Logger log = LoggerFactory.getLogger(Arrival.class);
  private static final Duration PERIOD = Duration.ofMillis(50);
  private static final Duration ANSWER_TIMEOUT = Duration.ofMillis(400);
  private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);
  private static final Duration REMINDER = Duration.ofSeconds(10);

  /** So many leaders may have followed on one another without an entry of theirs in any log. */
  private static final int TRACELESS_ELECTIONS_MAX = 1_000;

  /** What this node has lost. */
  enum Lost {
    DIRECTORY("has an empty directory"),
    /** The log is there. */
    VOTE("has lost the record of its vote");

    private final String text;

    Lost(String text) {
      this.text = text;
    }
  }

  /** What the answers of one round mean. */
  sealed interface Finding {
    /** Nobody has an entry: the group begins. */
    record Beginning() implements Finding {}

    /**
     * The group is there.
     *
     * @param leader whose state to take
     * @param term in which it leads
     * @param lastEntry of its log when it answered
     */
    record Return(String leader, long term, LogPosition lastEntry) implements Finding {}

    /**
     * All logs are there, votes are not.
     *
     * @param term above all that anybody can have voted in
     */
    record Resumption(long term) implements Finding {}

    /** It can't be told yet. */
    record Open(String reason) implements Finding {}
  }

  /** The steps into the group; each may block. */
  interface Entrance {
    /** The last entry or state that this node has; {@link LogPosition#NONE} if it has nothing. */
    LogPosition lastEntry();

    /** As an ordinary new member. */
    void begin() throws IOException;

    /** Brings the leader's state here, at least up to {@code indexMin}; not yet put in place. */
    CompletableFuture<LogPosition> fetch(String leader, long indexMin);

    /** With the state that was fetched, and as one who has voted for {@code votedFor}. */
    void enter(String votedFor, long term) throws IOException;

    /** It failed for good. */
    void broken(Throwable cause);
  }

  private final String nodeId;
  private final Lost lost;
  private final List<String> others;
  private final PeerTransport peers;
  private final TaskTimer timer;
  private final Executor worker;
  private final Entrance entrance;
  private final Duration settling;
  private final long startNanos;

  // Guarded by this.
  private boolean stopped;
  private long lastToldNanos;

  /**
   * @param others the other members; at least one
   * @param worker runs the steps that block
   * @param settling after which no election counts votes any more that were given before now
   */
  Arrival(
      String nodeId,
      Lost lost,
      List<String> others,
      PeerTransport peers,
      TaskTimer timer,
      Executor worker,
      Entrance entrance,
      Duration settling) {
    this.nodeId = nodeId;
    this.lost = lost;
    this.others = List.copyOf(others);
    this.peers = peers;
    this.timer = timer;
    this.worker = worker;
    this.entrance = entrance;
    this.settling = settling;
    this.startNanos = timer.nanoTime();
    this.lastToldNanos = startNanos;
  }

  void start() {
    look();
  }

  /** Waits for a step that is being done; none begins after this. */
  synchronized void stop() {
    stopped = true;
  }

  private synchronized boolean isStopped() {
    return stopped;
  }

  private void look() {
    if (isStopped()) {
      return;
    }
    // Before the questions: what is still under way now may not show in the answers.
    boolean settled = timer.nanoTime() - startNanos >= settling.toNanos();
    Map<String, CompletableFuture<PeerState>> asked = new TreeMap<>();
    others.forEach(other -> asked.put(other, peers.state(other, ANSWER_TIMEOUT)));
    var unused =
        CompletableFuture.allOf(asked.values().toArray(CompletableFuture<?>[]::new))
            .whenComplete(
                (done, failure) -> {
                  Map<String, PeerState> answers = new TreeMap<>();
                  asked.forEach(
                      (other, answer) -> {
                        if (!answer.isCompletedExceptionally()) {
                          answers.put(other, answer.join());
                        }
                      });
                  follow(decide(lost, entrance.lastEntry(), others, answers, settled));
                });
  }

  /**
   * What these answers mean; a pure function.
   *
   * @param own this node's last entry
   * @param answers of those who did answer, all asked after this node had started
   * @param settled whether elections of the time before this node started are over
   */
  static Finding decide(
      Lost lost,
      LogPosition own,
      List<String> others,
      Map<String, PeerState> answers,
      boolean settled) {
    long newestTerm = answers.values().stream().mapToLong(PeerState::term).max().orElse(0);
    boolean nobodyHasEntries =
        lost == Lost.DIRECTORY
            && own.index() < 0
            && answers.size() == others.size()
            && answers.values().stream().allMatch(state -> state.lastEntry().index() < 0);
    if (nobodyHasEntries && (settled || newestTerm == 0)) {
      return new Finding.Beginning();
    }
    long remember = answers.values().stream().filter(PeerState::voter).count();
    int needed = others.size() / 2 + 1;
    boolean allLogs =
        lost == Lost.VOTE
            && answers.size() == others.size()
            && answers.values().stream().allMatch(PeerState::hasLog);
    if (remember < needed && allLogs && settled) {
      return new Finding.Resumption(Math.max(own.term(), newestTerm) + TRACELESS_ELECTIONS_MAX);
    }
    if (remember < needed && !allLogs) {
      return new Finding.Open(
          "%s; %d that remember the group are needed, or all %s"
              .formatted(
                  describe(others, answers),
                  needed,
                  lost == Lost.VOTE ? "with their logs" : "without any entry"));
    }
    if (!settled) {
      return new Finding.Open("votes of an earlier life may still be on their way");
    }
    return answers.entrySet().stream()
        .filter(answer -> leads(answer.getKey(), answer.getValue(), newestTerm))
        .map(
            answer ->
                (Finding)
                    new Finding.Return(
                        answer.getKey(), answer.getValue().term(), answer.getValue().lastEntry()))
        .findFirst()
        .orElseGet(() -> new Finding.Open("no leader of term %d yet".formatted(newestTerm)));
  }

  /** Its log ends in its term: what it had of earlier leaders lies before that. */
  private static boolean leads(String peer, PeerState state, long newestTerm) {
    return state.leader().equals(peer)
        && state.term() == newestTerm
        && state.lastEntry().term() == newestTerm;
  }

  private static String describe(List<String> others, Map<String, PeerState> answers) {
    return others.stream()
        .map(
            other -> {
              PeerState state = answers.get(other);
              if (state == null) {
                return other + " does not answer";
              }
              if (state.voter()) {
                return other + " remembers the group";
              }
              return other + (state.hasLog() ? " has lost its vote" : " is empty");
            })
        .collect(joining(", "));
  }

  private void follow(Finding finding) {
    if (finding instanceof Finding.Beginning) {
      log.info("node {} is new, as all members are: the group begins", nodeId);
      worker.execute(() -> last(entrance::begin));
    } else if (finding instanceof Finding.Return found) {
      returnTo(found);
    } else if (finding instanceof Finding.Resumption found) {
      log.warn(
          "node {} {}, all logs are there: it goes on in term {}", nodeId, lost.text, found.term());
      worker.execute(() -> last(() -> entrance.enter(nodeId, found.term())));
    } else if (finding instanceof Finding.Open open) {
      tell(open.reason());
      again(PERIOD);
    }
  }

  private void returnTo(Finding.Return found) {
    log.info(
        "node {} {}: it returns to {}, leader of term {}, whose log reaches to {}",
        nodeId,
        lost.text,
        found.leader(),
        found.term(),
        found.lastEntry());
    var unused =
        entrance
            .fetch(found.leader(), found.lastEntry().index())
            .whenComplete(
                (position, failure) -> {
                  if (failure != null) {
                    again(AFTER_FAILURE);
                  } else {
                    worker.execute(() -> last(() -> entrance.enter(found.leader(), found.term())));
                  }
                });
  }

  private void again(Duration pause) {
    var unused = timer.schedule(this::look, pause);
  }

  /** Only what goes on for long is worth a line. */
  private synchronized void tell(String reason) {
    long now = timer.nanoTime();
    if (now - lastToldNanos >= REMINDER.toNanos()) {
      lastToldNanos = now;
      log.warn(
          "node {} {} and takes no part yet: {}. If those disks are gone for"
              + " good, an operator must decide: server/docs/adr/0004-an-empty-directory.md",
          nodeId,
          lost.text,
          reason);
    }
  }

  private interface Step {
    void run() throws IOException;
  }

  private synchronized void last(Step step) {
    if (stopped) {
      return;
    }
    stopped = true;
    try {
      step.run();
    } catch (IOException | RuntimeException e) {
      entrance.broken(e);
    }
  }
}
