package io.troika.server.raft.arrival;

import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.peers.Membership;
import io.troika.server.raft.peers.PeerAnswers;
import io.troika.server.raft.peers.PeerTransport;
import io.troika.server.raft.peers.PeerTransport.PeerState;
import io.troika.server.raft.threads.TaskTimer;
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
 * <p>Who the others are is told by the configuration file only at first: the newest log among those
 * that answer knows better, and who is in it is asked then. If the group is there and this node is
 * not in it, it waits to be added, as a member that has no say (<em>joining</em>), or, if it was
 * not told to join, outside.
 *
 * <p>A vote that it gave before may still be on its way to a candidate; so a return waits until any
 * election of that time is over. The whole argument is in DESIGN.md. Safe for any thread.
 */
public final class Arrival {
  private static final Logger log = LoggerFactory.getLogger(Arrival.class);
  private static final Duration PERIOD = Duration.ofMillis(50);
  private static final Duration ANSWER_TIMEOUT = Duration.ofMillis(400);
  private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);
  private static final Duration REMINDER = Duration.ofSeconds(10);

  /** What this node has lost. */
  public enum Lost {
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

    /** The group is there, without this node. */
    record Outside() implements Finding {}

    /** It can't be told yet. */
    record Open(String reason) implements Finding {}
  }

  /** The steps into the group; each may block. */
  public interface Entrance {
    /** The last entry or state that this node has; {@link LogPosition#NONE} if it has nothing. */
    LogPosition lastEntry();

    /** As an ordinary new member. */
    void begin() throws IOException;

    /** Brings the leader's state here, at least up to {@code indexMin}; not yet put in place. */
    CompletableFuture<LogPosition> fetch(String leader, long indexMin);

    /**
     * With the state that was fetched, and as one who has voted for {@code votedFor}.
     *
     * @param membership a committed one that the state may have been made with; none: that of the
     *     configuration file, or of the log that is here
     */
    void enter(String votedFor, long term, Membership membership) throws IOException;

    /**
     * As one who waits to be added.
     *
     * @param membership that of the group, without this node
     */
    void join(Membership membership) throws IOException;

    /** These are the members: from now on they can be asked. */
    void meet(Membership membership);

    /** It failed for good. */
    void broken(Throwable cause);
  }

  private final String nodeId;
  private final Lost lost;
  private final boolean joining;
  private final PeerTransport peers;
  private final TaskTimer timer;
  private final Executor worker;
  private final Entrance entrance;
  private final Duration settling;
  private final long startNanos;

  private volatile List<String> others;

  // Guarded by this.
  private boolean stopped;
  private long lastToldNanos;

  /**
   * @param joining whether it was told to join a group that is there, and never to begin one
   * @param others the other members, by the configuration file; at least one
   * @param worker runs the steps that block
   * @param settling after which no election counts votes any more that were given before now
   */
  public Arrival(
      String nodeId,
      Lost lost,
      boolean joining,
      List<String> others,
      PeerTransport peers,
      TaskTimer timer,
      Executor worker,
      Entrance entrance,
      Duration settling) {
    this.nodeId = nodeId;
    this.lost = lost;
    this.joining = joining;
    this.others = List.copyOf(others);
    this.peers = peers;
    this.timer = timer;
    this.worker = worker;
    this.entrance = entrance;
    this.settling = settling;
    this.startNanos = timer.nanoTime();
    this.lastToldNanos = startNanos;
  }

  public void start() {
    look();
  }

  /** Waits for a step that is being done; none begins after this. */
  public synchronized void stop() {
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
    var unused =
        PeerAnswers.of(others, this::ask)
            .thenAccept(answers -> considerOrLookAgain(answers, settled));
  }

  /** What one says: first its state, then the members, which are as new as the state at least. */
  record Answer(PeerState state, Membership membership) {}

  private CompletableFuture<Answer> ask(String other) {
    return peers
        .state(other, ANSWER_TIMEOUT)
        .thenCompose(
            state ->
                peers
                    .introduction(other, ANSWER_TIMEOUT)
                    .thenApply(introduction -> new Answer(state, introduction.membership())));
  }

  /** Nobody else would: a node that gives up here is out of its group until it is restarted. */
  private void considerOrLookAgain(Map<String, Answer> answers, boolean settled) {
    try {
      consider(answers, settled);
    } catch (RuntimeException e) {
      log.warn("node {} could not follow what {} say, and asks again", nodeId, others, e);
      again(AFTER_FAILURE);
    }
  }

  private void consider(Map<String, Answer> answers, boolean settled) {
    Membership membership = ArrivalDecision.newest(answers.values());
    Map<String, PeerState> states = new TreeMap<>();
    answers.forEach((other, answer) -> states.put(other, answer.state()));
    if (!membership.isKnown()) {
      follow(
          ArrivalDecision.decide(lost, entrance.lastEntry(), others, states, settled), membership);
      return;
    }
    if (!others.equals(membership.others(nodeId))) {
      entrance.meet(membership);
      others = membership.others(nodeId);
      again(PERIOD); // the answers were not those of the members, or not of all
      return;
    }
    states.keySet().retainAll(others);
    follow(
        membership.contains(nodeId)
            ? ArrivalDecision.decide(lost, entrance.lastEntry(), others, states, settled)
            : ArrivalDecision.decideOutside(others, states, settled),
        membership);
  }

  private void follow(Finding finding, Membership membership) {
    if (finding instanceof Finding.Beginning && joining) {
      tell("it is to join a group, and nobody of %s has an entry yet".formatted(others));
      again(PERIOD);
    } else if (finding instanceof Finding.Beginning) {
      log.info("node {} is new, as all members are: the group begins", nodeId);
      worker.execute(() -> last(entrance::begin));
    } else if (finding instanceof Finding.Return found) {
      returnTo(found);
    } else if (finding instanceof Finding.Resumption found) {
      log.warn(
          "node {} {}, all logs are there: it goes on in term {}", nodeId, lost.text, found.term());
      worker.execute(() -> last(() -> entrance.enter(nodeId, found.term(), Membership.NONE)));
    } else if (finding instanceof Finding.Outside && joining && lost == Lost.DIRECTORY) {
      log.info("node {} waits to be added to the group of {}", nodeId, others);
      worker.execute(() -> last(() -> entrance.join(membership)));
    } else if (finding instanceof Finding.Outside) {
      tell(
          "it is not one of the members %s. To add it, set raft.join = true, let it start with an"
                  .formatted(others)
              + " empty directory, and call 'troika node add'");
      again(PERIOD);
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
                    enter(found);
                  }
                });
  }

  /**
   * The configuration is asked for after the state: what came before the state's end will not come
   * again.
   */
  private void enter(Finding.Return found) {
    var unused =
        peers
            .introduction(found.leader(), ANSWER_TIMEOUT)
            .whenComplete(
                (introduction, failure) -> {
                  Membership membership =
                      failure == null ? introduction.membership() : Membership.NONE;
                  boolean usable =
                      failure == null
                          && (!membership.isKnown()
                              || (membership.settled() && membership.contains(nodeId)));
                  if (usable) {
                    worker.execute(
                        () -> last(() -> entrance.enter(found.leader(), found.term(), membership)));
                  } else {
                    again(AFTER_FAILURE);
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
