package io.troika.client.internal.cache;

import io.troika.client.CachePolicy;
import io.troika.client.LeaderInfo;
import io.troika.client.Oid;
import io.troika.client.Revision;
import io.troika.client.Tid;
import io.troika.client.UnavailableException;
import io.troika.client.internal.Listeners;
import io.troika.client.internal.codec.FeedEvent;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntUnaryOperator;

/**
 * A cache and its feed in a world of late answers, lost streams, changes of term and replaced
 * histories, step by step in an order that the choices say; every cached read is compared with the
 * log. One seed, one run.
 */
final class CacheSimulation {
  private static final int OBJECTS = 24;
  private static final int VIEWS_MAX = 8;
  private static final int LOADS_MAX = 12;
  private static final UUID STORAGE = new UUID(1, 2);

  /** Defects that the comparison must find. */
  enum Defect {
    /** After a lost stream or a change of term nobody asks what was missed. */
    UNVERIFIED,
    /** Some invalidations never reach the cache. */
    INVALIDATION_DROPPED,
    /** An answer that comes late is taken as current. */
    LATE_ANSWER_CURRENT,
    /** What was loaded in one history is cached in the next. */
    HISTORIES_MIXED
  }

  private record View(long tid, long history) {}

  private record Load(View view, long at, ModelLog.Answer answer) {}

  private record Question(Tid since, Tid atLeast, CompletableFuture<FeedEvent.Missed> answer) {}

  private final IntUnaryOperator choices;
  private final Set<Defect> defects;
  private final RevisionCache cache;
  private final HistoryGuard guard;
  private final CacheFeed feed;
  private final List<View> views = new ArrayList<>();
  private final List<Load> loads = new ArrayList<>();
  private final List<Question> questions = new ArrayList<>();
  private final Map<Long, ModelLog> logs = new HashMap<>();
  private ModelLog log = new ModelLog(1, 100);
  private ModelLog streamLog = log;
  private boolean connected;
  private long streamTid;
  private long term = 1;
  long checkedReads;
  long staleReads;
  long misses;
  String firstStale = "";

  /**
   * @param choices a number from 0 to below its argument, each time
   */
  CacheSimulation(IntUnaryOperator choices, CachePolicy policy, long cacheBytes, Set<Defect> with) {
    this.choices = choices;
    this.defects = with.isEmpty() ? EnumSet.noneOf(Defect.class) : EnumSet.copyOf(with);
    this.cache = new RevisionCache(cacheBytes);
    this.guard = new HistoryGuard(cache);
    this.feed = new CacheFeed(cache, guard, policy, "main", new Source(), new Listeners(List.of()));
  }

  private final class Source implements CacheFeed.Source {
    @Override
    public CompletableFuture<FeedEvent.Missed> missed(Tid since, Tid atLeast) {
      CompletableFuture<FeedEvent.Missed> answer = new CompletableFuture<>();
      questions.add(new Question(since, atLeast, answer));
      return answer;
    }

    @Override
    public void restart(String why) {
      disconnect();
    }
  }

  void run(int steps) {
    for (int i = 0; i < steps; i++) {
      step();
    }
  }

  private int choose(int bound) {
    return choices.applyAsInt(bound);
  }

  private void step() {
    int choice = choose(1000);
    if (choice < 640) {
      read();
    } else if (choice < 760) {
      deliverLoad();
    } else if (choice < 850) {
      deliverEvent();
    } else if (choice < 900) {
      commit();
    } else if (choice < 950) {
      openView();
    } else if (choice < 975) {
      answerQuestion();
    } else {
      disturb(choice);
    }
  }

  private void disturb(int choice) {
    if (choice < 985) {
      connect();
    } else if (choice < 990) {
      disconnect();
    } else if (choice < 995) {
      changeTerm();
    } else if (choice < 998) {
      failQuestion();
    } else if (choose(10) == 0) {
      replaceHistory();
    }
  }

  private Oid anyOid() {
    // Uneven, so that some objects are hot.
    return new Oid(Math.min(choose(OBJECTS), choose(OBJECTS)));
  }

  private void read() {
    if (views.isEmpty()) {
      return;
    }
    View view = views.get(choose(views.size()));
    Oid oid = anyOid();
    Revision cached = cache.find(view.history(), oid, view.tid());
    if (cached != null) {
      check(view, oid, cached);
      return;
    }
    misses++;
    if (loads.size() < LOADS_MAX && cache.history() == view.history()) {
      log.load(oid, view.tid()).ifPresent(answer -> loads.add(new Load(view, view.tid(), answer)));
    }
  }

  /** What was read after a restore that the client can't know of yet is judged by nobody. */
  private void check(View view, Oid oid, Revision cached) {
    ModelLog truth = logs.get(view.history());
    if (truth != log) {
      return;
    }
    checkedReads++;
    Optional<Revision> expected = truth.load(oid, view.tid()).map(ModelLog.Answer::revision);
    if (!expected.equals(Optional.of(cached))) {
      staleReads++;
      if (firstStale.isEmpty()) {
        firstStale =
            "oid %s at 0x%x: cached %s, the log says %s, verified %s"
                .formatted(
                    oid,
                    view.tid(),
                    cached.serial(),
                    expected.map(Revision::serial),
                    cache.verified());
      }
    }
  }

  private void deliverLoad() {
    if (loads.isEmpty()) {
      return;
    }
    Load load = loads.remove(choose(loads.size()));
    long at = load.at();
    long history = load.view().history();
    if (defects.contains(Defect.LATE_ANSWER_CURRENT) && load.answer().nextTid() == 0) {
      at = Math.max(at, cache.verified().value());
    }
    if (defects.contains(Defect.HISTORIES_MIXED)) {
      history = cache.history();
    }
    cache.loaded(history, load.answer().revision(), at, load.answer().nextTid());
  }

  private void deliverEvent() {
    if (!connected) {
      return;
    }
    if (streamLog != log) {
      disconnect();
      return;
    }
    Optional<Map.Entry<Long, List<Oid>>> next = streamLog.next(streamTid);
    if (next.isEmpty()) {
      accept(new FeedEvent.Heartbeat(new Tid(streamLog.last()), term));
      return;
    }
    streamTid = next.get().getKey();
    List<Oid> oids = next.get().getValue();
    boolean drop = defects.contains(Defect.INVALIDATION_DROPPED) && choose(50) == 0;
    accept(new FeedEvent.Committed(new Tid(streamTid), drop ? List.of() : oids));
  }

  /** A commit of someone, or of this client, which caches what it wrote. */
  private void commit() {
    List<Oid> oids = new ArrayList<>();
    int count = 1 + choose(3);
    while (oids.size() < count) {
      Oid oid = anyOid();
      if (!oids.contains(oid)) {
        oids.add(oid);
      }
    }
    long tid = log.commit(oids);
    boolean mine = choose(3) == 0 && logs.get(cache.history()) == log;
    if (mine && loads.size() < LOADS_MAX) {
      View writer = new View(tid, cache.history());
      log.load(oids.get(0), tid).ifPresent(answer -> loads.add(new Load(writer, tid, answer)));
    }
  }

  private void openView() {
    long back = choose(4) == 0 ? choose(20) : 0;
    long tid = Math.max(1, log.last() - back);
    guard.enter(STORAGE, log.epoch, new Tid(log.last()));
    logs.putIfAbsent(cache.history(), log);
    views.add(new View(tid, cache.history()));
    if (views.size() > VIEWS_MAX) {
      views.remove(choose(2));
    }
  }

  private void connect() {
    if (connected) {
      return;
    }
    connected = true;
    streamLog = log;
    long behind = choose(3) == 0 ? choose(5) : 0;
    streamTid = Math.max(100, log.last() - behind);
    accept(
        new FeedEvent.Position(
            new Tid(streamTid), STORAGE, log.epoch, new LeaderInfo(term, "n1", "n1:1")));
    logs.putIfAbsent(cache.history(), log);
    if (defects.contains(Defect.UNVERIFIED)) {
      answerNothingChanged();
    }
  }

  private void answerNothingChanged() {
    while (!questions.isEmpty()) {
      Question question = questions.remove(0);
      Tid upTo = new Tid(Math.max(question.atLeast().value(), log.last()));
      question.answer().complete(new FeedEvent.Missed(true, upTo, List.of(), STORAGE, log.epoch));
    }
  }

  private void answerQuestion() {
    if (questions.isEmpty()) {
      return;
    }
    Question question = questions.remove(choose(questions.size()));
    long upTo = Math.max(question.atLeast().value(), log.last() - choose(3));
    if (upTo > log.last()) {
      question.answer().completeExceptionally(new UnavailableException("lagging", null));
      return;
    }
    boolean complete = choose(10) != 0;
    List<Oid> changed = log.changed(question.since().value(), upTo);
    question
        .answer()
        .complete(
            new FeedEvent.Missed(
                complete, new Tid(upTo), complete ? changed : List.of(), STORAGE, log.epoch));
    logs.putIfAbsent(cache.history(), log);
  }

  private void failQuestion() {
    if (!questions.isEmpty()) {
      questions
          .remove(choose(questions.size()))
          .answer()
          .completeExceptionally(new UnavailableException("no leader", null));
    }
  }

  private void disconnect() {
    if (connected) {
      connected = false;
      accept(new FeedEvent.Lost("test"));
    }
  }

  private void changeTerm() {
    term++;
    if (connected) {
      accept(new FeedEvent.Leader(new LeaderInfo(term, "n2", "n2:1")));
    }
    if (defects.contains(Defect.UNVERIFIED)) {
      answerNothingChanged();
    }
  }

  private void replaceHistory() {
    log = log.restoredTo(Math.max(100, log.last() - choose(10)));
  }

  private void accept(FeedEvent event) {
    feed.accept(event).run();
  }
}
