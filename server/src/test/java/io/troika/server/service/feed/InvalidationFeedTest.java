package io.troika.server.service.feed;

import static io.troika.server.service.ServiceFixture.LIMITS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.core.command.StorageChange.DropStorage;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import io.troika.server.service.ServiceFixture;
import io.troika.server.service.feed.FeedEvent.Committed;
import io.troika.server.service.feed.FeedEvent.Heartbeat;
import io.troika.server.service.feed.FeedEvent.LeaderChanged;
import io.troika.server.service.feed.FeedEvent.Lost;
import io.troika.server.service.feed.FeedEvent.Position;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.refusals.OverloadedException;
import io.troika.server.service.refusals.StoppingException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class InvalidationFeedTest {
  private final ServiceFixture fixture = new ServiceFixture();
  private final InvalidationFeed feed = fixture.service.feed();

  @AfterEach
  void close() {
    fixture.close();
  }

  private static final class Recorder implements FeedSubscriber {
    private final List<FeedEvent> events = new ArrayList<>(); // guarded by this
    private volatile boolean ready = true;
    private volatile boolean allowed = true;
    private volatile boolean rightsFail;
    private volatile boolean gone; // fails at whatever it is asked
    private final Queue<Runnable> held = new ArrayDeque<>(); // of one that has a thread of its own
    private final @Nullable Executor thread;

    private Recorder() {
      this(false);
    }

    private Recorder(boolean hasThread) {
      thread = hasThread ? this::hold : null;
    }

    private void hold(Runnable task) {
      if (gone) {
        throw new RejectedExecutionException("the event loop has ended");
      }
      held.add(task);
    }

    private void requireThere() {
      if (gone) {
        throw new IllegalStateException("nobody is there");
      }
    }

    @Override
    public @Nullable Executor thread() {
      return thread;
    }

    @Override
    public boolean isReady() {
      requireThere();
      return ready;
    }

    @Override
    public boolean isAllowed(String storage) {
      requireThere();
      if (rightsFail) {
        throw new IllegalStateException("the grants can't be read");
      }
      return allowed || !storage.equals("main");
    }

    @Override
    public synchronized void deliver(FeedEvent event) {
      events.add(event);
    }

    synchronized List<FeedEvent> events() {
      return List.copyOf(events);
    }

    FeedEvent last() {
      List<FeedEvent> all = events();
      return all.get(all.size() - 1);
    }
  }

  @Test
  void subscribe_startsAtThePositionAndHearsWhatFollows() {
    Tid before = fixture.commit(1, Tid.NONE, "a");
    Recorder recorder = new Recorder();
    feed.subscribe(fixture.storage, recorder);
    Tid after = fixture.commit(2, Tid.NONE, "b");

    assertThat(((Position) recorder.events().get(0)).storage().lastTid()).isEqualTo(before);
    assertThat(recorder.events().subList(1, recorder.events().size()))
        .containsExactly(
            new Committed(
                List.of(new FeedEvent.Transaction(after, List.of(new Oid(2)), fixture.lastId()))));
  }

  @Test
  void committed_subscriberWithAThread_hearsAllOnceThatHasTime() {
    Recorder recorder = new Recorder(true);
    feed.subscribe(fixture.storage, recorder);
    int more = 3 * ServiceFixture.LIMITS.watchBacklogEvents();
    for (int oid = 0; oid < more; oid++) {
      fixture.commit(oid, Tid.NONE, "a");
    }
    assertThat(recorder.events()).isEmpty();
    assertThat(recorder.held).hasSize(1);
    recorder.held.remove().run();

    assertThat(recorder.events()).hasSize(1 + more);
    assertThat(recorder.last()).isInstanceOf(Committed.class);
  }

  @Test
  void committed_subscriberWithAThreadThatIsNotReady_isLostBeyondTheBacklog() {
    Recorder recorder = new Recorder(true);
    feed.subscribe(fixture.storage, recorder);
    recorder.ready = false;
    for (int oid = 0; oid <= ServiceFixture.LIMITS.watchBacklogEvents(); oid++) {
      fixture.commit(oid, Tid.NONE, "a");
    }
    recorder.held.remove().run();

    assertThat(recorder.events()).singleElement().isInstanceOf(Lost.class);
  }

  /** The applying thread gives it the event; it must not hear of that. */
  @Test
  void committed_threadOfASubscriberHasEnded_theOthersGoOn() {
    Recorder goes = new Recorder(true);
    Recorder stays = new Recorder(true);
    feed.subscribe(fixture.storage, goes);
    feed.subscribe(fixture.storage, stays);
    goes.held.remove().run();
    stays.held.remove().run();

    goes.gone = true;
    fixture.commit(1, Tid.NONE, "a");
    stays.held.remove().run();

    assertThat(stays.last()).isInstanceOf(Committed.class);
    assertThat(feed.subscriptionCount()).isEqualTo(1);
  }

  @Test
  void beat_rightsCanNotBeTold_isLost() {
    Recorder recorder = new Recorder();
    feed.subscribe(fixture.storage, recorder);
    recorder.rightsFail = true;
    fixture.timer.advance(InvalidationFeed.HEARTBEAT);
    assertThat(recorder.last()).isInstanceOf(Lost.class);
    assertThat(feed.subscriptionCount()).isZero();
  }

  @Test
  void beatOrCommit_subscriberFailsWhenItIsAsked_theOthersGoOn() {
    Recorder first = new Recorder();
    Recorder second = new Recorder();
    Recorder stays = new Recorder();
    feed.subscribe(fixture.storage, first);
    feed.subscribe(fixture.storage, second);
    feed.subscribe(fixture.storage, stays);

    first.gone = true;
    Tid tid = fixture.commit(1, Tid.NONE, "a");
    assertThat(stays.last()).isInstanceOf(Committed.class);
    assertThat(feed.subscriptionCount()).isEqualTo(2);

    second.gone = true;
    fixture.timer.advance(InvalidationFeed.HEARTBEAT.multipliedBy(2));
    assertThat(stays.last()).isEqualTo(new Heartbeat(tid, 1));
    assertThat(feed.subscriptionCount()).isEqualTo(1);
  }

  @Test
  void committed_severalInOneEntry_areHeardTogetherInOrder() {
    Recorder recorder = new Recorder();
    feed.subscribe(fixture.storage, recorder);
    fixture.log.apply(
        List.of(
            fixture.writing(ServiceFixture.write(1, Tid.NONE, "a")).toCommand(new Tid(100)),
            fixture.writing(ServiceFixture.write(2, Tid.NONE, "b")).toCommand(new Tid(200))));

    assertThat(recorder.events()).hasSize(2);
    assertThat(((Committed) recorder.last()).transactions())
        .extracting(FeedEvent.Transaction::oids)
        .containsExactly(List.of(new Oid(1)), List.of(new Oid(2)));
  }

  @Test
  void committed_otherStorage_isNotHeard() {
    StorageId other =
        ServiceFixture.done(fixture.transactions().createStorage("other")).storage().id();
    Recorder recorder = new Recorder();
    feed.subscribe(other, recorder);
    fixture.commit(1, Tid.NONE, "a");
    assertThat(recorder.events()).hasSize(1);
  }

  @Test
  void dropped_isLostToItsSubscribersAlone() {
    StorageId other =
        ServiceFixture.done(fixture.transactions().createStorage("other")).storage().id();
    Recorder dropped = new Recorder();
    Recorder kept = new Recorder();
    feed.subscribe(other, dropped);
    feed.subscribe(fixture.storage, kept);

    fixture.log.apply(List.of(new DropStorage(other, 1)));

    assertThat(dropped.last()).isInstanceOf(Lost.class);
    assertThat(kept.last()).isInstanceOf(Position.class);
    assertThat(feed.subscriptionCount()).isEqualTo(1);
  }

  @Test
  void slowSubscriber_beyondTheBacklog_isLost() {
    Recorder recorder = new Recorder();
    feed.subscribe(fixture.storage, recorder);
    recorder.ready = false;
    Tid tid = Tid.NONE;
    for (int i = 0; i <= LIMITS.watchBacklogEvents(); i++) {
      tid = fixture.commit(1, tid, "x");
    }
    assertThat(recorder.last()).isInstanceOf(Lost.class);
    assertThat(feed.subscriptionCount()).isZero();
    fixture.commit(1, tid, "y");
    assertThat(recorder.last()).isInstanceOf(Lost.class);
  }

  @Test
  void slowSubscriber_readyAgain_hearsTheBacklogInOrder() {
    Recorder recorder = new Recorder();
    FeedSubscription subscription = feed.subscribe(fixture.storage, recorder);
    recorder.ready = false;
    Tid first = fixture.commit(1, Tid.NONE, "a");
    Tid second = fixture.commit(1, first, "b");
    assertThat(recorder.events()).hasSize(1);

    recorder.ready = true;
    subscription.resume();

    assertThat(recorder.events().subList(1, 3))
        .extracting(event -> ((Committed) event).lastTid())
        .containsExactly(first, second);
  }

  @Test
  void leaderChanged_isHeardByAll() {
    Recorder recorder = new Recorder();
    feed.subscribe(fixture.storage, recorder);
    fixture.log.follow(2);
    assertThat(recorder.last())
        .isEqualTo(new LeaderChanged(new Leadership(2, "n2", "127.0.0.1:7402", false)));
  }

  @Test
  void quiet_aSecond_heartbeatWithTheLastTidHeard() {
    Recorder recorder = new Recorder();
    feed.subscribe(fixture.storage, recorder);
    Tid tid = fixture.commit(1, Tid.NONE, "a");
    fixture.timer.advance(InvalidationFeed.HEARTBEAT.multipliedBy(2));
    assertThat(recorder.last()).isEqualTo(new Heartbeat(tid, 1));
  }

  @Test
  void rightsTakenAway_subscriberIsLostAtTheNextBeat_theOthersGoOn() {
    Recorder stays = new Recorder();
    Recorder goes = new Recorder();
    feed.subscribe(fixture.storage, stays);
    feed.subscribe(fixture.storage, goes);
    fixture.timer.advance(InvalidationFeed.HEARTBEAT);
    assertThat(goes.last()).isInstanceOf(Position.class);

    goes.allowed = false;
    fixture.timer.advance(InvalidationFeed.HEARTBEAT);

    assertThat(goes.last()).isInstanceOf(Lost.class);
    assertThat(feed.subscriptionCount()).isEqualTo(1);
    fixture.commit(1, Tid.NONE, "a");
    assertThat(stays.last()).isInstanceOf(Committed.class);
    assertThat(goes.last()).isInstanceOf(Lost.class);
  }

  @Test
  void busy_noHeartbeat() {
    Recorder recorder = new Recorder();
    feed.subscribe(fixture.storage, recorder);
    Tid tid = Tid.NONE;
    for (int i = 0; i < 3; i++) {
      tid = fixture.commit(1, tid, "a");
      fixture.timer.advance(InvalidationFeed.HEARTBEAT);
    }
    assertThat(recorder.events()).noneMatch(Heartbeat.class::isInstance);
  }

  @Test
  void stateReplaced_everySubscriberIsLost() {
    Recorder recorder = new Recorder();
    feed.subscribe(fixture.storage, recorder);
    fixture.events.replaced();
    assertThat(recorder.last()).isInstanceOf(Lost.class);
    assertThat(feed.subscriptionCount()).isZero();
  }

  @Test
  void close_everySubscriberIsLostAndNoneIsTaken() {
    Recorder recorder = new Recorder();
    feed.subscribe(fixture.storage, recorder);
    fixture.service.close();
    assertThat(recorder.last()).isInstanceOf(Lost.class);
    assertThatThrownBy(() -> feed.subscribe(fixture.storage, recorder))
        .isInstanceOf(StoppingException.class);
  }

  @Test
  void subscribe_tooMany_isOverloaded() {
    for (int i = 0; i < LIMITS.watchersMax(); i++) {
      feed.subscribe(fixture.storage, new Recorder());
    }
    assertThatThrownBy(() -> feed.subscribe(fixture.storage, new Recorder()))
        .isInstanceOf(OverloadedException.class);
  }

  @Test
  void cancel_ends() {
    Recorder recorder = new Recorder();
    feed.subscribe(fixture.storage, recorder).cancel();
    fixture.commit(1, Tid.NONE, "a");
    assertThat(recorder.events()).hasSize(1);
    assertThat(feed.subscriptionCount()).isZero();
  }

  @Test
  void subscriberThatThrows_endsAloneAndTheOthersGoOn() {
    FeedSubscriber bad =
        new FeedSubscriber() {
          @Override
          public boolean isReady() {
            return true;
          }

          @Override
          public void deliver(FeedEvent event) {
            throw new IllegalStateException("test");
          }
        };
    feed.subscribe(fixture.storage, bad);
    Recorder recorder = new Recorder();
    feed.subscribe(fixture.storage, recorder);
    fixture.commit(1, Tid.NONE, "a");
    assertThat(recorder.last()).isInstanceOf(Committed.class);
    assertThat(feed.subscriptionCount()).isEqualTo(1);
  }

  /** Whenever one subscribes while commits go on: position, then every later tid, in order. */
  @Test
  void subscribe_amongCommits_missesAndRepeatsNothing() {
    ExecutorService executor = Executors.newFixedThreadPool(2);
    try (ServiceFixture busy = new ServiceFixture(executor)) {
      List<Recorder> recorders = new ArrayList<>();
      List<Tid> tids = new ArrayList<>();
      Thread committer =
          new Thread(
              () -> {
                Tid tid = Tid.NONE;
                for (int i = 0; i < 300; i++) {
                  tid = busy.commitElsewhere(1, tid, "x");
                  tids.add(tid);
                  if (i % 10 == 0) {
                    Thread.onSpinWait();
                  }
                }
              });
      committer.start();
      while (committer.isAlive() && recorders.size() < LIMITS.watchersMax()) {
        Recorder recorder = new Recorder();
        recorders.add(recorder);
        busy.service.feed().subscribe(busy.storage, recorder);
        Thread.onSpinWait();
      }
      Awaitility.await().until(() -> !committer.isAlive());
      Tid last = tids.get(tids.size() - 1);
      for (Recorder recorder : recorders) {
        Awaitility.await().until(() -> lastTid(recorder).equals(last));
        Tid start = ((Position) recorder.events().get(0)).storage().lastTid();
        assertThat(
                recorder.events().stream()
                    .filter(Committed.class::isInstance)
                    .flatMap(event -> ((Committed) event).transactions().stream())
                    .map(FeedEvent.Transaction::tid))
            .containsExactlyElementsOf(
                tids.stream().filter(tid -> tid.compareTo(start) > 0).toList());
      }
    } finally {
      executor.shutdown();
    }
  }

  private static Tid lastTid(Recorder recorder) {
    FeedEvent last = recorder.last();
    return last instanceof Committed committed
        ? committed.lastTid()
        : ((Position) recorder.events().get(0)).storage().lastTid();
  }
}
